import urllib.error
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    try:
        return ask(name)
    except urllib.error.HTTPError as error:
        return f"HTTP {error.code}" + ("\n" + ask(name + ", again") if error.code == 500 else "")


with ThreadPoolExecutor(6) as pool:
    for answer in pool.map(work, names):
        print(answer)
