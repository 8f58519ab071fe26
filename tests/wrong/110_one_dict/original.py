from client import ask

names = [f"item {i}" for i in range(6)]
row = {}
rows = []
for name in names:
    row = {"name": name}
    row["answer"] = ask(name)
    rows.append(row)
print(rows)
