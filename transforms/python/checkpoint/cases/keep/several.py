# on request
# keep: PM908
import logging

import requests

logging.basicConfig(filename="run.log", level=logging.INFO)


def fetch(name):
    logging.info("asking for %s", name)
    return requests.get("http://localhost/" + name, timeout=10).text


def main():
    with open("names.txt") as lines:
        names = lines.read().split()
    for name in names:
        print(name, len(fetch(name)))


if __name__ == "__main__":
    main()
