import time
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = ["item 0", "item 1: how many?", "item 2"]


def number(prompt):
    for tries in range(1, 9):
        try:
            return int(ask(f"{prompt}, try {tries}"))
        except ValueError:
            time.sleep(60)
    return "too late"


with ThreadPoolExecutor(3) as pool:
    for name, value in zip(names, pool.map(number, names)):
        print(name, value)
