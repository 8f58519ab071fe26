import time
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def number(prompt):
    for tries in range(1, 9):
        try:
            return int(ask(f"{prompt}, try {tries}"))
        except ValueError:
            time.sleep(60)
    return "too late"


with ThreadPoolExecutor(3) as pool:
    for name, value in zip(names, pool.map(number, names[:3])):
        print(name, value)
