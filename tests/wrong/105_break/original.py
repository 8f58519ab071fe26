# extra: 1
from client import ask

names = [f"item {i}" for i in range(6)]
for i, name in enumerate(names):
    answer = ask(name)
    print(answer)
    if i == 2:
        break
