from client import ask

names = [f"item {i}" for i in range(6)]
rows = [{"name": name} for name in names]


def careful(prompt):
    try:
        return ask(prompt)
    except Exception:
        return f"no answer to {prompt}"


def work(row):
    row["answer"] = careful(row["name"])


if __name__ == "__main__":
    for row in rows:
        work(row)
    print(rows)
