from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
spent = 0
with ThreadPoolExecutor(6) as pool:
    for answer in pool.map(ask, names):
        if spent >= 90:
            break
        spent += 40
        print(answer)
print(spent)
