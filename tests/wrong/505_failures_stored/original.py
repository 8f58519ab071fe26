from client import ask

names = ["item 0", "item 1: how many?", "item 2", "item 3: how many?"]


def number(prompt):
    try:
        return int(ask(prompt))
    except ValueError:
        return None


for name in names:
    value = number(name)
    if value is None:
        value = number(name)
    print(name, value)
