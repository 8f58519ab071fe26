import functools
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
cached = functools.lru_cache(maxsize=None)(ask)
with ThreadPoolExecutor(3) as pool:
    for answers in pool.map(lambda name: [cached(name) for _ in range(3)], names[:3]):
        print(*answers, sep="\n")
