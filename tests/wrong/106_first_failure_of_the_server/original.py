# Only a server that fails shows it.
# extra: 5
import urllib.error

from client import ask

names = [f"item {i}" for i in range(6)]
answers = []
try:
    for name in names:
        answers.append(ask(name))
except urllib.error.HTTPError as error:
    print("stopped after", len(answers), "with", error.code)
else:
    print(answers)
