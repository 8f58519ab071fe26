# Under spawn every worker imports this file again.
from multiprocessing import get_context

from client import ask

names = [f"item {i}" for i in range(6)]


def careful(prompt):
    try:
        return ask(prompt)
    except Exception:
        return f"no answer to {prompt}"


print("loading", flush=True)
if __name__ == "__main__":
    with get_context("spawn").Pool(2) as pool:
        for answer in pool.imap(careful, names):
            print(answer)
