import csv

from client import ask

names = [f"item {i}" for i in range(6)]
with open("rows.csv", "w", newline="") as out:
    writer = csv.writer(out)
    writer.writerow(["name", "answer"])
    for name in names:
        writer.writerow([name, ask(name)])
