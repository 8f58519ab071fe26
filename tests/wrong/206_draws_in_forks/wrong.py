import random
from multiprocessing import get_context

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
    with get_context("fork").Pool(3) as pool:
        for answer in pool.imap(work, names):
            print(answer)
