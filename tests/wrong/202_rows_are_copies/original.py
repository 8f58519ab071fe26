from client import ask

names = [f"item {i}" for i in range(6)]
rows = [{"name": name} for name in names]


def work(row):
    row["answer"] = ask(row["name"])


if __name__ == "__main__":
    for row in rows:
        work(row)
    print(rows)
