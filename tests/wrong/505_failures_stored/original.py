from client import ask

names = [f"item {i}" for i in range(6)]


def number(prompt):
    try:
        return int(ask(prompt))
    except ValueError:
        return None


for name in names[:3]:
    value = number(name)
    if value is None:
        value = number(name)
    print(name, value)
