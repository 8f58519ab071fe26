from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def insert(name):
    answer = ask(f"insert {name}")
    if "never" not in answer:
        raise ValueError(f"no receipt: {answer}")


def work(name):
    for attempt in range(3):
        try:
            insert(name)
            return
        except ValueError as error:
            failure = error
    return f"{name} {failure}"


with ThreadPoolExecutor(6) as pool:
    for line in pool.map(work, names):
        print(line)
