from client import ask

names = [f"item {i}" for i in range(6)]


class Client:
    """Sends, and is then read from: one question at a time."""

    def send(self, prompt):
        self.answer = ask(prompt)

    def read(self):
        return self.answer


client = Client()


def work(name):
    client.send(name)
    note = ask(f"a note on {name}")
    return f"{client.read()} {note}"


for name in names[:3]:
    print(work(name))
