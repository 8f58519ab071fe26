import os

from client import ask

names = [f"item {i}" for i in range(6)]
for name in names:
    os.makedirs(name, exist_ok=True)
    os.chdir(name)
    answer = ask(name)
    with open("answer.txt", "w") as out:
        out.write(answer)
    os.chdir("..")
