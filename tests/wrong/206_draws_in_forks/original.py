import random

from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    return ask(f"{name}, variant {random.randrange(1000)}")


if __name__ == "__main__":
    random.seed(3)
    for name in names:
        print(work(name))
