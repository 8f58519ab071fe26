from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
pool = ThreadPoolExecutor(2)
ahead = [pool.submit(ask, names[0])]
for i, name in enumerate(names):
    if i + 1 < len(names):
        ahead.append(pool.submit(ask, names[i + 1]))
    answer = ahead[i].result()
    print(answer)
    if i == 2:
        break
