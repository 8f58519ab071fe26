# The first calls may each find that the folder is missing.
import os

import requests


def fetch(name):
    if not os.path.isdir("pages"):
        os.makedirs("pages", exist_ok=True)
    return requests.get("http://data.example/" + name).text


def run(names):
    for name in names:
        print(fetch(name))
