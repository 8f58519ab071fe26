import time
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
begun = time.monotonic()
with ThreadPoolExecutor(6) as pool:
    for answer in pool.map(ask, names):
        print(answer)
        time.sleep(10)
print("kept to the limit:", time.monotonic() - begun >= 60)
