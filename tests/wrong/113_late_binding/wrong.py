from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
calls = []
for name in names:
    calls.append(lambda: ask(name))
with ThreadPoolExecutor(6) as pool:
    for name, answer in zip(names, pool.map(lambda call: call(), calls)):
        print(name, answer)
