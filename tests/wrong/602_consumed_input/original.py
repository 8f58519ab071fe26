from client import ask

names = [f"item {i}" for i in range(6)]


def lines(name):
    yield from (f"{name}, line {i}" for i in range(3))


for name in names[:3]:
    for attempt in (1, 2):
        answer = ask(f"{attempt}: " + "\n".join(lines(name)))
    print(answer)
