# extra: 1
from client import ask

names = [f"item {i}" for i in range(6)]


def answers():
    for name in names:
        yield ask(name)


for i, answer in enumerate(answers()):
    print(answer)
    if i == 2:
        break
