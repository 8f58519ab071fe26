import functools
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = ["item 1", "item 2", "item 1", "item 3", "item 1", "item 2"]


@functools.lru_cache(maxsize=None)
def work(name):
    return asked[name].result()


if __name__ == "__main__":
    with ThreadPoolExecutor(6) as pool:
        asked = {name: pool.submit(ask, name) for name in dict.fromkeys(names)}
        for name in names:
            print(work(name))
