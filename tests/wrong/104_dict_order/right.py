import json
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
with ThreadPoolExecutor(6) as pool:
    answers = dict(zip(names, pool.map(ask, names)))
with open("answers.json", "w") as out:
    json.dump(answers, out)
