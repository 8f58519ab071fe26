from concurrent.futures import ThreadPoolExecutor

from client import ask

names = ["item 0", "item 1: how many?", "item 2", "item 3: how many?"]


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


with ThreadPoolExecutor(4) as pool:
    for name, value in zip(names, pool.map(work, names)):
        print(name, value)
