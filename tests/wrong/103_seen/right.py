from concurrent.futures import ThreadPoolExecutor

from client import ask

names = ["item 1", "item 2", "item 1", "item 3", "item 2", "item 1"]
with ThreadPoolExecutor(6) as pool:
    for answer in pool.map(ask, dict.fromkeys(names)):
        print(answer)
