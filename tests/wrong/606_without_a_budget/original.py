import time

from client import ask

names = [f"item {i}" for i in range(6)]


def number(prompt):
    deadline = time.monotonic() + 100
    tries = 0
    while time.monotonic() < deadline:
        tries += 1
        try:
            return int(ask(f"{prompt}, try {tries}"))
        except ValueError:
            time.sleep(60)
    return "too late"


for name in names[:3]:
    print(name, number(name))
