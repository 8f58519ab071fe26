import os

from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    draft = ask(f"draft of {name}")
    return ask(f"{os.environ['STYLE']}: {draft}")


for name in names[:3]:
    os.environ["STYLE"] = f"style of {name}"
    print(work(name))
