from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
pool = ThreadPoolExecutor(6)


def work(name, log):
    answer = ask(name)
    log.write(answer + "\n")


with open("log.txt", "w") as log:
    for name in names:
        pool.submit(work, name, log)
pool.shutdown(wait=True)
