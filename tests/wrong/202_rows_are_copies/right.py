from multiprocessing import get_context

from client import ask

names = [f"item {i}" for i in range(6)]
rows = [{"name": name} for name in names]


def careful(prompt):
    try:
        return ask(prompt)
    except Exception:
        return f"no answer to {prompt}"


if __name__ == "__main__":
    with get_context("fork").Pool(3) as pool:
        for row, answer in zip(rows, pool.imap(careful, [row["name"] for row in rows])):
            row["answer"] = answer
    print(rows)
