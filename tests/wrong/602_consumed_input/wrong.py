from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def lines(name):
    yield from (f"{name}, line {i}" for i in range(3))


def work(name):
    body = lines(name)
    for attempt in (1, 2):
        answer = ask(f"{attempt}: " + "\n".join(body))
    return answer


with ThreadPoolExecutor(3) as pool:
    for answer in pool.map(work, names[:3]):
        print(answer)
