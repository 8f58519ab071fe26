# Whether the file of another item is there: nobody can tell whether that item comes in the same loop.
import os

import requests


def run(rows, out):
    for name, other in rows:
        there = requests.get("http://data.example/" + name, params={"there": os.path.exists(os.path.join(out, other))})
        with open(os.path.join(out, name), "w") as f:
            f.write(there.text)
