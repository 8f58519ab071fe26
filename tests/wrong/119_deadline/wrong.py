import time
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
begun = time.monotonic()


def work(name):
    answer = ask(name)
    time.sleep(20)
    return answer


with ThreadPoolExecutor(6) as pool:
    for answer in pool.map(work, names):
        print(answer)
        if time.monotonic() - begun > 50:
            print("out of time")
            break
