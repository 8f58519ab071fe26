from client import ask

names = [f"item {i}" for i in range(6)]
for name in names[:3]:
    for _ in range(3):
        print(ask(name))
