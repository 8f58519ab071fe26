# keep: PM112
import json

import requests

SEEN = []


def fetch(url):
    text = requests.get(url, timeout=10, headers={"X-Before": str(len(SEEN))}).text
    SEEN.append(url)
    return text


def main():
    rows = json.load(open("rows.json"))
    for row in rows:
        print(row["id"], len(fetch(row["url"])))


if __name__ == "__main__":
    main()
