from client import ask

names = [f"item {i}" for i in range(6)]
for topic in names[:3]:
    history = topic
    for _ in range(2):
        history = ask(history)
        print(history)
