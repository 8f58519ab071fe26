import random

from client import ask

names = [f"item {i}" for i in range(6)]


def careful(prompt):
    try:
        return ask(prompt)
    except Exception:
        return f"no answer to {prompt}"


def work(name):
    return careful(f"{name}, variant {random.randrange(1000)}")


if __name__ == "__main__":
    random.seed(3)
    for name in names:
        print(work(name))
