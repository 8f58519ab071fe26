import urllib.error
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
answers = []
try:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, names))
except urllib.error.HTTPError as error:
    print("stopped after", len(answers), "with", error.code)
else:
    print(answers)
