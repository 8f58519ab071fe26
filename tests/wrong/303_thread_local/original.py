import threading

from client import ask

names = [f"item {i}" for i in range(6)]
state = threading.local()
state.style = "brief"


def work(name):
    return ask(f"{getattr(state, 'style', 'long')}: {name}")


for name in names:
    print(work(name))
