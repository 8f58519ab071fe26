import urllib.error
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    try:
        return ask(f"insert {name}")
    except urllib.error.HTTPError as error:
        return f"{name} was refused: {error.code}"


with ThreadPoolExecutor(6) as pool:
    for line in pool.map(work, names):
        print(line)
