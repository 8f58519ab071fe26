from client import ask

names = [f"item {i}" for i in range(3)]


def question(name):
    return ask(f"rephrase {name}")


for name in names:
    print(ask(question(name)))
