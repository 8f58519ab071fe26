import os
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    os.makedirs(name, exist_ok=True)
    answer = ask(name)
    with open(os.path.join(name, "answer.txt"), "w") as out:
        out.write(answer)


with ThreadPoolExecutor(6) as pool:
    list(pool.map(work, names))
