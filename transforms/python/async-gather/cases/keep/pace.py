# keep: PM109
import json

import requests


def fetch(url):
    text = requests.get(url, timeout=10).text
    with open("all.log", "a") as log:
        log.write(text)
    return len(text)


def main():
    rows = json.load(open("rows.json"))
    for row in rows:
        print(row["id"], fetch(row["url"]))


if __name__ == "__main__":
    main()
