# The file that is written through all the loop is another than the one that the questions are made of.
import json

import requests

OUT = "answers.jsonl"


def ask(name):
    with open("hints.txt") as f:
        return requests.get("http://data.example/" + name, params={"hint": f.read()}).json()


with open(OUT, "w") as out:
    for name in ["a", "b", "c"]:
        answer = ask(name)
        out.write(json.dumps(answer) + "\n")
