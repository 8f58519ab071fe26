import random

from client import ask

names = [f"item {i}" for i in range(6)]
random.seed(7)
for name in names[:3]:
    draft = ask(name)
    print(ask(f"variant {random.randrange(1000)} of {draft}"))
