from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    style = f"style of {name}"
    draft = ask(f"draft of {name}")
    return ask(f"{style}: {draft}")


with ThreadPoolExecutor(3) as pool:
    for answer in pool.map(work, names[:3]):
        print(answer)
