from client import ask

names = [f"item {i}" for i in range(6)]
for model in ("small", "large"):
    for name in names[:3]:
        print(model, ask(name, model=model))
