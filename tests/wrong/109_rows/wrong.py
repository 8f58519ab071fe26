import csv
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from client import ask

names = [f"item {i}" for i in range(6)]
lock = Lock()
with open("rows.csv", "w", newline="") as out:
    writer = csv.writer(out)
    writer.writerow(["name", "answer"])

    def work(name):
        answer = ask(name)
        with lock:
            writer.writerow([name, answer])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, names))
