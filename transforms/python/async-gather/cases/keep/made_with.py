# keep: PM110
# What an object that is made for a line of output, or for a `with`, was made with is what it changes.
import requests

state = {"written": 0, "entered": 0}


class Sink:
    def __init__(self, of):
        self.of = of

    def write(self, text):
        self.of["written"] += 1
        return len(text)


class Stage:
    def __init__(self, of):
        self.of = of

    def __enter__(self):
        self.of["entered"] += 1

    def __exit__(self, *error):
        pass


def note(text):
    with Stage(state):
        print(text)


def printed():
    for name in ["a", "b"]:
        text = requests.get("http://data.example/" + name, params={"n": state["written"]}, timeout=9).text
        print(text, file=Sink(state))


def entered():
    for name in ["a", "b"]:
        text = requests.get("http://data.example/" + name, params={"n": state["entered"]}, timeout=9).text
        with Stage(state):
            print(text)


def behind_function():
    for name in ["a", "b"]:
        text = requests.get("http://data.example/" + name, params={"n": state["entered"]}, timeout=9).text
        note(text)
