import threading
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
state = threading.local()


def prepare():
    state.style = "brief"


def work(name):
    return ask(f"{getattr(state, 'style', 'long')}: {name}")


with ThreadPoolExecutor(6, initializer=prepare) as pool:
    for answer in pool.map(work, names):
        print(answer)
