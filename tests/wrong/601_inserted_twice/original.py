from client import ask

names = [f"item {i}" for i in range(6)]


def insert(name):
    answer = ask(f"insert {name}")
    if "never" not in answer:
        raise ValueError(f"no receipt: {answer}")


for name in names:
    try:
        insert(name)
    except ValueError as error:
        print(name, error)
