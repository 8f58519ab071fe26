import functools
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


@functools.lru_cache(maxsize=None)
def number(prompt):
    try:
        return int(ask(prompt))
    except ValueError:
        return None


def work(name):
    value = number(name)
    if value is None:
        value = number(name)
    return value


with ThreadPoolExecutor(3) as pool:
    for name, value in zip(names, pool.map(work, names[:3])):
        print(name, value)
