# What is put in place is no file that the questions are made of.
import os

import requests


def ask(name):
    with open("hints.txt") as f:
        return requests.get("http://data.example/" + name, params={"hint": f.read()}).text


for name in ["a", "b", "c"]:
    answer = ask(name)
    with open("last.tmp", "w") as f:
        f.write(answer)
    os.replace("last.tmp", "last.txt")
