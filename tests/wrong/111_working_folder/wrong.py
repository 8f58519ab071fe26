import os
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    os.makedirs(name, exist_ok=True)
    os.chdir(name)
    answer = ask(name)
    with open("answer.txt", "w") as out:
        out.write(answer)
    os.chdir("..")


with ThreadPoolExecutor(6) as pool:
    list(pool.map(work, names))
