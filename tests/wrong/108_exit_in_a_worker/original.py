# extra: 3
import sys

from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    answer = ask(name)
    if name == "item 2":
        print("giving up")
        sys.exit(4)
    print(answer)


for name in names:
    work(name)
