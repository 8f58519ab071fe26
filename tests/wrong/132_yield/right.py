from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def answers():
    with ThreadPoolExecutor(2) as pool:
        ahead = [pool.submit(ask, names[0])]
        for i in range(len(names)):
            ahead += [pool.submit(ask, name) for name in names[i + 1 : i + 2]]
            yield ahead[i].result()


for i, answer in enumerate(answers()):
    print(answer)
    if i == 2:
        break
