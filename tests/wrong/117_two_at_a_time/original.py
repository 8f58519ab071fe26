from client import ask

names = [f"item {i}" for i in range(6)]
rest = iter(names)
for first in rest:
    second = next(rest)
    print(ask(f"{first} or {second}"))
