from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
with ThreadPoolExecutor(6) as pool:
    firsts = [pool.submit(ask, topic) for topic in names[:3]]
    seconds = [pool.submit(lambda first=first: ask(first.result())) for first in firsts]
    for topic, *futures in zip(names, firsts, seconds):
        for future in futures:
            history = future.result()
            print(history)
