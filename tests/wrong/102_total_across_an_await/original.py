from client import ask

names = [f"item {i}" for i in range(6)]
total = 0
for name in names:
    total += len(ask(name))
print(total)
