import contextvars

from client import ask

names = [f"item {i}" for i in range(6)]
tag = contextvars.ContextVar("tag", default="none")


def work(name):
    answer = ask(f"{tag.get()}: {name}")
    return answer


tag.set("run 1")
for name in names:
    print(tag.get(), work(name))
