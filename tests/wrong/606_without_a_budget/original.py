import time

from client import ask

names = ["item 0", "item 1: how many?", "item 2"]


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


for name in names:
    print(name, number(name))
