from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
answers = []
with ThreadPoolExecutor(6) as pool:
    for (i, name), answer in zip(enumerate(names), pool.map(ask, names)):
        answers.append(answer)
print(answers)
print("last:", i, name, answer)
