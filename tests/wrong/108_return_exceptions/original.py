# extra: 3
from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    answer = ask(name)
    if name == "item 2":
        raise KeyError(name)
    return answer


answers = []
try:
    for name in names:
        answers.append(work(name))
except KeyError as error:
    print("stopped", error)
print(len(answers), answers)
