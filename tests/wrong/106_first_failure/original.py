# extra: 4
from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    answer = ask(name)
    if name in ("item 1", "item 4"):
        raise ValueError(name, answer)
    return answer


answers = []
try:
    for name in names:
        answers.append(work(name))
except ValueError as error:
    print("failed", error)
