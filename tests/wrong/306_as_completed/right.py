from concurrent.futures import ThreadPoolExecutor, as_completed

from client import ask

names = [f"item {i}" for i in range(6)]
with ThreadPoolExecutor(6) as pool:
    futures = {pool.submit(ask, name): name for name in names}
    answers = {futures[done]: done.result() for done in as_completed(futures)}
    for name in names:
        print(name, "->", answers[name])
