from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def fill(rows):
    with ThreadPoolExecutor(6) as pool:
        rows = [{**row, "answer": answer} for row, answer in zip(rows, pool.map(lambda row: ask(row["name"]), rows))]


rows = [{"name": name} for name in names]
fill(rows)
print("filled", len(rows))
