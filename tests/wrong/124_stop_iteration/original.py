# extra: 3
from client import ask

names = [f"item {i}" for i in range(6)]
rest = iter(["a", "b", "c"])
try:
    for name in names:
        print(ask(name), next(rest))
except StopIteration:
    print("no more letters")
