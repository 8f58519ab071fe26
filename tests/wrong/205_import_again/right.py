from multiprocessing import get_context

from client import ask

names = [f"item {i}" for i in range(6)]
if __name__ == "__main__":
    print("loading", flush=True)
    with get_context("spawn").Pool(2) as pool:
        for answer in pool.map(ask, names, chunksize=1):
            print(answer)
