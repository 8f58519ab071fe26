# Without a request the runtime shows one by itself.
# keep: nothing
import json

import requests


def fetch(name):
    return requests.get("http://localhost/" + name, timeout=10).text


def main():
    names = json.load(open("names.json"))
    for name in names:
        print(name, fetch(name).count("x"))


if __name__ == "__main__":
    main()
