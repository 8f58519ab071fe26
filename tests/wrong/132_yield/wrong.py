from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def answers():
    with ThreadPoolExecutor(6) as pool:
        yield from pool.map(ask, names)


for i, answer in enumerate(answers()):
    print(answer)
    if i == 2:
        break
