from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from client import ask

names = [f"item {i}" for i in range(6)]
letters = {"sum": 0}
lock = Lock()


def work(name):
    answer = ask(name)
    with lock:
        letters["sum"] += len(answer)


with ThreadPoolExecutor(6) as pool:
    list(pool.map(work, names))
print(letters)
