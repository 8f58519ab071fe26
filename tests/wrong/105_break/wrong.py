from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
with ThreadPoolExecutor(6) as pool:
    for i, answer in enumerate(pool.map(ask, names)):
        print(answer)
        if i == 2:
            break
