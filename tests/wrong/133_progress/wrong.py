from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


class Bar:
    def __init__(self, total):
        self.done, self.total = 0, total

    def update(self, note):
        self.done += 1
        print(f"{self.done}/{self.total} {note}")


bar = Bar(len(names))


def work(name):
    answer = ask(name)
    bar.update(f"{name}: {len(answer)} letters")


with ThreadPoolExecutor(6) as pool:
    list(pool.map(work, names))
