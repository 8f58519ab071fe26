import json
import sys
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
done = {}
with ThreadPoolExecutor(6) as pool:
    for name, answer in zip(names, pool.map(ask, names)):
        if name == "item 3":
            sys.exit(f"no use: {answer}")
        done[name] = answer
        with open("done.json", "w") as out:
            json.dump(done, out)
