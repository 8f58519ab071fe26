from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


class Asker:
    def __init__(self):
        self.n = 0

    def ask(self, name):
        draft = ask(name)
        self.n += 1
        return ask(f"{self.n}. {draft}")


asker = Asker()
with ThreadPoolExecutor(3) as pool:
    for answer in pool.map(asker.ask, names[:3]):
        print(answer)
