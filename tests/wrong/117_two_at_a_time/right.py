from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
rest = iter(names)
with ThreadPoolExecutor(6) as pool:
    for answer in pool.map(lambda pair: ask(f"{pair[0]} or {pair[1]}"), zip(rest, rest)):
        print(answer)
