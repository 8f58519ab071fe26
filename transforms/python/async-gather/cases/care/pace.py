import json
import time

import requests


def fetch(url):
    time.sleep(1)
    return requests.get(url, timeout=10).json()


def main():
    rows = json.load(open("rows.json"))
    for row in rows:
        print(row["id"], fetch(row["url"])["title"])


if __name__ == "__main__":
    main()
