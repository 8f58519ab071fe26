from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
letters = {"sum": 0}


def work(name):
    before = letters["sum"]
    letters["sum"] = before + len(ask(name))


with ThreadPoolExecutor(6) as pool:
    list(pool.map(work, names))
print(letters)
