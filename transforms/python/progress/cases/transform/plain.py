# on request
import json

import requests
from tqdm.auto import tqdm


def fetch(name):
    return requests.get("http://localhost/" + name, timeout=10).text


def main():
    names = json.load(open("names.json"))
    for name in tqdm(names, desc="first"):
        print(name, len(fetch(name)))
    for name in names:
        print(name, fetch(name).count("x"))


if __name__ == "__main__":
    main()
