import json
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
answers = {}


def work(name):
    answers[name] = ask(name)


with ThreadPoolExecutor(6) as pool:
    list(pool.map(work, names))
with open("answers.json", "w") as out:
    json.dump(answers, out)
