import json

from client import ask

names = [f"item {i}" for i in range(6)]
answers = {}
for name in names:
    answers[name] = ask(name)
with open("answers.json", "w") as out:
    json.dump(answers, out)
