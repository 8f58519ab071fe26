from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
with ThreadPoolExecutor(6) as pool:
    for answer in pool.map(ask, names):
        for word in answer.split():
            print(word, end=" ", flush=True)
        print()
