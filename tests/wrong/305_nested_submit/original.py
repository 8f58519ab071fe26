from client import ask

names = [f"item {i}" for i in range(6)]


def both(name):
    return ask(f"for {name}"), ask(f"against {name}")


for name in names[:3]:
    print(*both(name))
