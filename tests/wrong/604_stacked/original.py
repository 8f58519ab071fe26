from client import ask

names = [f"item {i}" for i in range(6)]


def number(prompt):
    for attempt in range(2):
        reply = ask(prompt)
        try:
            return int(reply)
        except ValueError:
            pass
    return reply


for name in names[:3]:
    print(name, number(name))
