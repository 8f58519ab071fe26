from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
answers = {}
with ThreadPoolExecutor(6) as pool:
    for name, answer in zip(names, pool.map(ask, names)):
        answers[name] = answer
print(len(answers), "answers")
