from client import ask

names = [f"item {i}" for i in range(6)]
with open("log.txt", "w") as log:
    for name in names:
        log.write(ask(name) + "\n")
