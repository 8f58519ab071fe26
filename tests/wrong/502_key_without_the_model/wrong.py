from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
answers = {}


def cached(name, model):
    if name not in answers:
        answers[name] = ask(name, model=model)
    return answers[name]


for model in ("small", "large"):
    with ThreadPoolExecutor(3) as pool:
        for answer in pool.map(lambda name: cached(name, model), names[:3]):
            print(model, answer)
