from concurrent.futures import ThreadPoolExecutor, as_completed

from client import ask

names = [f"item {i}" for i in range(6)]
with ThreadPoolExecutor(6) as pool:
    futures = [pool.submit(ask, name) for name in names]
    for name, done in zip(names, as_completed(futures)):
        print(name, "->", done.result())
