from client import ask

names = [f"item {i}" for i in range(6)]


def score(name):
    return ask(name)


print(sorted(names, key=score))
print([name for name in names if score(name + "?")])
