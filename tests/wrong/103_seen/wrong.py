from concurrent.futures import ThreadPoolExecutor

from client import ask

names = ["item 1", "item 2", "item 1", "item 3", "item 2", "item 1"]
seen = set()


def work(name):
    if name in seen:
        return None
    answer = ask(name)
    seen.add(name)
    return answer


with ThreadPoolExecutor(6) as pool:
    for answer in pool.map(work, names):
        if answer is not None:
            print(answer)
