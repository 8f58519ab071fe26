import itertools
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
models = itertools.cycle(["small", "medium", "large"])
with ThreadPoolExecutor(6) as pool:
    futures = [pool.submit(ask, name, model=next(models)) for name in names]
    for future in futures:
        print(future.result())
