from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def source():
    for name in names:
        print("reading", name)
        yield name


with ThreadPoolExecutor(6) as pool:
    for answer in pool.map(ask, source()):
        print(answer)
