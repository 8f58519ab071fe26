# extra: 2
from client import ask

names = [f"item {i}" for i in range(6)]
for wanted in ("item 3", "item 9"):
    for name in names:
        answer = ask(f"Is {name} {wanted}?")
        if name == wanted:
            print("found in", answer)
            break
    else:
        print("nowhere")
