from multiprocessing import get_context

from client import ask

names = [f"item {i}" for i in range(6)]


def work(text):
    return ask(text.upper())


if __name__ == "__main__":
    with get_context("fork").Pool(3) as pool:
        answers = pool.map(work, names, chunksize=1)
    print(answers)
