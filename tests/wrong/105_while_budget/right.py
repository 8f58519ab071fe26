from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
pool = ThreadPoolExecutor(6)
spent, i = 0, 0
ahead = [pool.submit(ask, names[0])]
while spent < 90 and i < len(names):
    ahead.append(pool.submit(ask, names[i + 1]))
    answer = ahead[i].result()
    spent += 40
    i += 1
    print(answer)
print(spent)
