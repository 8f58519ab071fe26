import csv
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
with open("rows.csv", "w", newline="") as out, ThreadPoolExecutor(6) as pool:
    writer = csv.writer(out)
    writer.writerow(["name", "answer"])
    for name, answer in zip(names, pool.map(ask, names)):
        writer.writerow([name, answer])
