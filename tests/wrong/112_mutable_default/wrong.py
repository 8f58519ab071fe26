from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def work(name, known=[]):
    answer = ask(f"{name} ({len(known)} known)")
    known.append(answer)
    return answer


with ThreadPoolExecutor(6) as pool:
    for answer in pool.map(work, names):
        print(answer)
