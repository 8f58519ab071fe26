import json

import requests

CACHE = {}


def fetch(url):
    if url in CACHE:
        return CACHE[url]
    text = requests.get(url, timeout=10).text
    CACHE[url] = text
    return text


def main():
    rows = json.load(open("rows.json"))
    for row in rows:
        print(row["id"], len(fetch(row["url"])))


if __name__ == "__main__":
    main()
