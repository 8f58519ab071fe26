from multiprocessing import get_context

from client import ask

names = [f"item {i}" for i in range(6)]
if __name__ == "__main__":
    with get_context("fork").Pool(3) as pool:
        answers = pool.map(lambda text: ask(text.upper()), names, chunksize=1)
    print(answers)
