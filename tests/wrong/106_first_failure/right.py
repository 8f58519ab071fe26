from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    answer = ask(name)
    if name in ("item 1", "item 4"):
        raise ValueError(name, answer)
    return answer


answers = []
try:
    with ThreadPoolExecutor(6) as pool:
        for answer in pool.map(work, names):
            answers.append(answer)
except ValueError as error:
    print("failed", error)
