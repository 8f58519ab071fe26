from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    for word in ask(name).split():
        print(word, end=" ", flush=True)
    print()


with ThreadPoolExecutor(6) as pool:
    list(pool.map(work, names))
