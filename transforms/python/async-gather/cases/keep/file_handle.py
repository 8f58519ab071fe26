# keep: PM109
# The file was opened in front of the loop, and each question has in it what is written so far.
import json

import requests

OUT = "answers.jsonl"


def ask(name):
    with open(OUT) as f:
        return requests.get("http://data.example/" + name, params={"hint": f.read()}).json()


with open(OUT, "w", buffering=1) as out:
    for name in ["a", "b", "c"]:
        answer = ask(name)
        out.write(json.dumps(answer) + "\n")
