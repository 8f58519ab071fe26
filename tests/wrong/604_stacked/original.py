from client import ask

names = [f"item {i}" for i in range(6)]


def number(prompt):
    for attempt in range(2):
        try:
            return int(ask(prompt))
        except ValueError:
            pass
    return -1


for name in names[:3]:
    print(name, number(name))
