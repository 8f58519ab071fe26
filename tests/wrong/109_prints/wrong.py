from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    print("asking", name)
    print(ask(name))


with ThreadPoolExecutor(6) as pool:
    list(pool.map(work, names))
