from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
answers = {}


def cached(name):
    if name not in answers:
        answers[name] = ask(name).split()
    return list(answers[name])


for turn in range(2):
    with ThreadPoolExecutor(3) as pool:
        for words in pool.map(cached, names[:3]):
            words.append(f"turn {turn}")
            print(words)
