from concurrent.futures import ThreadPoolExecutor, as_completed

from client import ask

names = [f"item {i}" for i in range(6)]
with ThreadPoolExecutor(6) as pool:
    futures = {pool.submit(ask, name): name for name in names}
    waiting, finished = list(names), {}
    for done in as_completed(futures):
        finished[futures[done]] = done
        while waiting and waiting[0] in finished:
            name = waiting.pop(0)
            print(name, "->", finished[name].result())
