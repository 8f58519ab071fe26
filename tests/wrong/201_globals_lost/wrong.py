from multiprocessing import get_context

from client import ask

names = [f"item {i}" for i in range(6)]
count = 0


def work(name):
    global count
    answer = ask(name)
    count += 1
    return answer


if __name__ == "__main__":
    with get_context("fork").Pool(3) as pool:
        for answer in pool.map(work, names, chunksize=1):
            print(answer)
    print(count, "asked")
