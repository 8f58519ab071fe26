# keep: PM109
# Whose turn comes again is asked with what the file of that name says by then.
import os

import requests


def told(path):
    if os.path.exists(path):
        with open(path) as file:
            return file.read()
    return ""


for name in ["a", "b", "a", "b"]:
    path = f"{name}.txt"
    text = requests.get("http://data.example/" + name, params={"after": told(path)}).text
    with open(path, "w") as file:
        file.write(text)
    print(name, text)
