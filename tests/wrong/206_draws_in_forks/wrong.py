import random
from multiprocessing import get_context

from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    return ask(f"{name}, variant {random.randrange(1000)}")


if __name__ == "__main__":
    random.seed(3)
    with get_context("fork").Pool(3) as pool:
        for answer in pool.map(work, names, chunksize=1):
            print(answer)
