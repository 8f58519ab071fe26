from client import ask

names = [f"item {i}" for i in range(6)]
print("loading")
for name in names:
    print(ask(name))
