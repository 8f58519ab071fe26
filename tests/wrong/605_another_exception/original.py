from client import ask

names = [f"item {i}" for i in range(6)]


def number(prompt):
    return int(ask(prompt))


for name in names:
    try:
        print(number(name))
    except ValueError as error:
        print(name, "is no number:", error)
    except Exception as error:
        print("unexpected", type(error).__name__)
