from client import ask

names = [f"item {i}" for i in range(6)]
letters = {"sum": 0}


def work(name):
    before = letters["sum"]
    letters["sum"] = before + len(ask(name))


for name in names:
    work(name)
print(letters)
