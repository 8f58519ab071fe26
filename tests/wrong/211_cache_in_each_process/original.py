import functools

from client import ask

names = ["item 1", "item 2", "item 1", "item 3", "item 1", "item 2"]


@functools.lru_cache(maxsize=None)
def work(name):
    return ask(name)


if __name__ == "__main__":
    for name in names:
        print(work(name))
