from client import ask

names = [f"item {i}" for i in range(6)]


def source():
    for name in names:
        print("reading", name)
        yield name


for name in source():
    print(ask(name))
