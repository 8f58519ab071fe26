# keep: PM109
# The folder that is asked for is made behind the first call.
import os

import requests


def run(rows, out):
    for name, text in rows:
        there = requests.get("http://data.example/" + name, params={"there": os.path.isdir(out)})
        os.makedirs(out, exist_ok=True)
        print(there.text)
