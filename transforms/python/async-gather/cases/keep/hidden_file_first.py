# keep: PM109
# The question is written down first, and what asks reads it from there.
import os

import requests


def ask(path):
    with open(os.path.join(path, "question")) as file:
        return requests.get("http://data.example/" + file.read()).text


def main(folder):
    for name in ["a", "b", "c"]:
        with open(os.path.join(folder, "question"), "w") as file:
            file.write(name)
        print(name, ask(folder))


main("work")
