import contextvars
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
tag = contextvars.ContextVar("tag", default="none")


def work(name):
    answer = ask(f"{tag.get()}: {name}")
    return answer


tag.set("run 1")
with ThreadPoolExecutor(6) as pool:
    for answer in pool.map(work, names):
        print(tag.get(), answer)
