# Without a request nothing is kept.
# keep: nothing
import json

import requests


def fetch(name):
    print("fetching", name)
    return requests.get("http://localhost/" + name, timeout=10).json()


def collect(names):
    found = []
    for name in names:
        found.append(fetch(name))
    return found


with open("names.json") as file:
    everything = collect(json.load(file))
print(len(everything))
