import functools
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = ["item 1", "item 2", "item 1", "item 3", "item 1", "item 2"]


@functools.lru_cache(maxsize=None)
def work(name):
    return ask(name)


if __name__ == "__main__":
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, dict.fromkeys(names)))
    for name in names:
        print(work(name))
