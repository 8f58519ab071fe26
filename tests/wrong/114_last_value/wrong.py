from concurrent.futures import ThreadPoolExecutor, as_completed

from client import ask

names = [f"item {i}" for i in range(6)]
answers = [None] * len(names)
with ThreadPoolExecutor(6) as pool:
    places = {pool.submit(ask, name): (i, name) for i, name in enumerate(names)}
    for done in as_completed(places):
        i, name = places[done]
        answer = answers[i] = done.result()
print(answers)
print("last:", i, name, answer)
