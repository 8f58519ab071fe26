from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def number(prompt):
    for attempt in range(2):
        try:
            return int(ask(prompt))
        except ValueError:
            pass
    return -1


with ThreadPoolExecutor(3) as pool:
    for name, value in zip(names, pool.map(number, names[:3])):
        print(name, value)
