import functools
from multiprocessing import get_context

from client import ask

names = ["item 1", "item 2", "item 1", "item 3", "item 1", "item 2"]


@functools.lru_cache(maxsize=None)
def work(name):
    return ask(name)


if __name__ == "__main__":
    with get_context("fork").Pool(6) as pool:
        for answer in pool.map(work, names, chunksize=1):
            print(answer)
