from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
with ThreadPoolExecutor(6) as pool:
    futures = [pool.submit(ask, name) for name in names]
    for name, future in zip(names, futures):
        print("reading", name)
        print(future.result())
