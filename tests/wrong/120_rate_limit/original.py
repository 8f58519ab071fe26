import time

from client import ask

names = [f"item {i}" for i in range(6)]
begun = time.monotonic()
for name in names:
    print(ask(name))
    time.sleep(10)
print("kept to the limit:", time.monotonic() - begun >= 60)
