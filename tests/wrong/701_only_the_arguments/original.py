from client import ask

names = [f"item {i}" for i in range(6)]


def fill(rows):
    for row in rows:
        row["answer"] = ask(row["name"])


rows = [{"name": name} for name in names]
fill(rows)
print("filled", len(rows))
