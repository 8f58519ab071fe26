# extra: 2
from client import ask

names = [f"item {i}" for i in range(6)]
for name in names:
    answer = ask(name)
    if name == "item 3":
        print("found in", answer)
        break
else:
    print("nowhere")
