# keep: PM109
# The first item leaves the flag that the questions of the later ones ask for.
import os

import requests


def ask(name):
    return requests.get("http://data.example/" + name, params={"again": os.path.exists("asked.flag")}).text


for name in ["a", "b", "c"]:
    print(name, ask(name))
    open("asked.flag", "w").close()
