from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def work(pair):
    known, name = pair
    return ask(f"{name} ({known} known)")


with ThreadPoolExecutor(6) as pool:
    for answer in pool.map(work, enumerate(names)):
        print(answer)
