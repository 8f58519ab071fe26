from multiprocessing import get_context

from client import ask

names = [f"item {i}" for i in range(6)]
rows = [{"name": name} for name in names]


def work(row):
    row["answer"] = ask(row["name"])
    return row


if __name__ == "__main__":
    with get_context("fork").Pool(3) as pool:
        rows = pool.map(work, rows, chunksize=1)
    print(rows)
