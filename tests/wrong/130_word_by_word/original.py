from client import ask

names = [f"item {i}" for i in range(6)]
for name in names:
    for word in ask(name).split():
        print(word, end=" ", flush=True)
    print()
