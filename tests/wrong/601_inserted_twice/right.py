from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def insert(name):
    answer = ask(f"insert {name}")
    if "never" not in answer:
        raise ValueError(f"no receipt: {answer}")


def work(name):
    try:
        insert(name)
    except ValueError as error:
        return f"{name} {error}"


with ThreadPoolExecutor(6) as pool:
    for line in pool.map(work, names):
        print(line)
