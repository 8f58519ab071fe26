import random
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
random.seed(7)


def work(name):
    draft = ask(name)
    return ask(f"variant {random.randrange(1000)} of {draft}")


with ThreadPoolExecutor(6) as pool:
    for answer in pool.map(work, names[:3]):
        print(answer)
