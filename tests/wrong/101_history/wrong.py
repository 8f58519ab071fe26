from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
with ThreadPoolExecutor(6) as pool:
    for topic in names[:3]:
        history = topic
        for history in pool.map(lambda _: ask(history), range(2)):
            print(history)
