# extra: 3
from client import ask

names = [f"item {i}" for i in range(6)]
try:
    for name in names:
        answer = ask(name)
        if name == "item 2":
            raise ValueError(name)
        with open(name.replace(" ", "_") + ".txt", "w") as out:
            out.write(answer)
except ValueError as error:
    print("stopped", error)
