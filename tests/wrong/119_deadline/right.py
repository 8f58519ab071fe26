import time
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
begun = time.monotonic()
pool = ThreadPoolExecutor(2)
ahead = [pool.submit(ask, name) for name in names[:1]]
for i, name in enumerate(names):
    ahead += [pool.submit(ask, name) for name in names[i + 1 : i + 2]]
    print(ahead[i].result())
    time.sleep(20)
    if time.monotonic() - begun > 50:
        print("out of time")
        break
