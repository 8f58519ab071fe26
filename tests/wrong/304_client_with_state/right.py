from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


class Client:
    """Sends, and is then read from: one question at a time."""

    def send(self, prompt):
        self.answer = ask(prompt)

    def read(self):
        return self.answer


def work(name):
    client = Client()
    client.send(name)
    note = ask(f"a note on {name}")
    return f"{client.read()} {note}"


with ThreadPoolExecutor(3) as pool:
    for answer in pool.map(work, names[:3]):
        print(answer)
