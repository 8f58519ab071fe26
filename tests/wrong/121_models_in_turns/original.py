import itertools

from client import ask

names = [f"item {i}" for i in range(6)]
models = itertools.cycle(["small", "medium", "large"])
for name in names:
    print(ask(name, model=next(models)))
