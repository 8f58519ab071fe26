from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    answer = ask(name)
    if name == "item 2":
        raise ValueError(name)
    with open(name.replace(" ", "_") + ".txt", "w") as out:
        out.write(answer)


try:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, names))
except ValueError as error:
    print("stopped", error)
