from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
row = {}


def work(name):
    row["name"] = name
    row["answer"] = ask(name)
    return row


with ThreadPoolExecutor(6) as pool:
    rows = list(pool.map(work, names))
print(rows)
