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
for name in names[:3]:
    print(asker.ask(name))
