from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
letters = {"sum": 0}
with ThreadPoolExecutor(6) as pool:
    for answer in pool.map(ask, names):
        letters["sum"] += len(answer)
print(letters)
