from client import ask

names = [f"item {i}" for i in range(6)]
for half in (names[:3], names[3:]):
    for name in half:
        print(ask(name))
