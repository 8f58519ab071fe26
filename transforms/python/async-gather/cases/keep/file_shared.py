# keep: PM109
# All calls read and write the same notes.
import json
import os

import requests

NOTES = "notes.json"


def fetch(name):
    notes = {}
    if os.path.exists(NOTES):
        with open(NOTES) as f:
            notes = json.load(f)
    answer = requests.get("http://data.example/" + name, params={"known": len(notes)}).text
    notes[name] = answer
    with open(NOTES, "w") as f:
        json.dump(notes, f)
    return answer


def run(names):
    for name in names:
        print(fetch(name))
