# extra: 1
import time

from client import ask

names = [f"item {i}" for i in range(6)]
begun = time.monotonic()
for name in names:
    print(ask(name))
    time.sleep(20)
    if time.monotonic() - begun > 50:
        print("out of time")
        break
