from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def answers():
    with ThreadPoolExecutor(2) as pool:
        ahead = pool.submit(ask, names[0])
        for name in names[1:]:
            reply, ahead = ahead, pool.submit(ask, name)
            yield reply.result()
        yield ahead.result()


for i, answer in enumerate(answers()):
    print(answer)
    if i == 2:
        break
