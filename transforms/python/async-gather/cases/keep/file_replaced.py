# keep: PM109
# The file is written beside the one that the questions are made of, and then put in its place.
import os

import requests


def ask(name):
    with open("last.txt") as f:
        return requests.get("http://data.example/" + name, params={"hint": f.read()}).text


for name in ["a", "b", "c"]:
    answer = ask(name)
    with open("last.tmp", "w") as f:
        f.write(answer)
    os.replace("last.tmp", "last.txt")
