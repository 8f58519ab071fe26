import random
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
random.seed(7)


def work(pair):
    name, variant = pair
    draft = ask(name)
    return ask(f"variant {variant} of {draft}")


with ThreadPoolExecutor(6) as pool:
    for answer in pool.map(work, [(name, random.randrange(1000)) for name in names[:3]]):
        print(answer)
