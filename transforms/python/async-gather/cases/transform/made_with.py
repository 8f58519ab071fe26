# An object that is made for a `with` changes itself, and leaves alone what it was made with.
import requests

state = {"entered": 0}


class Stage:
    def __init__(self, of):
        self.of = of
        self.times = []

    def __enter__(self):
        self.entered = True
        self.times.append(1)

    def __exit__(self, *error):
        self.entered = False


for name in ["a", "b"]:
    text = requests.get("http://data.example/" + name, params={"n": state["entered"]}, timeout=9).text
    with Stage(state):
        print(text)
