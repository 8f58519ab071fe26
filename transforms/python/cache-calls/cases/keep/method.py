# Answers of a page change from day to day: they are kept on request.
# keep: nothing
import json

import requests


class Pages:
    def __init__(self, root):
        self.root = root

    def _fetch(self, name):
        return requests.get(self.root + name, timeout=10).text

    def length(self, name):
        return len(self._fetch(name))


def main():
    pages = Pages("http://localhost/")
    names = json.load(open("names.json"))
    lengths = {}
    for name in names:
        lengths[name] = pages.length(name)
    json.dump(lengths, open("lengths.json", "w"))


if __name__ == "__main__":
    main()
