from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
with open("log.txt", "w") as log, ThreadPoolExecutor(6) as pool:
    for answer in pool.map(ask, names):
        log.write(answer + "\n")
