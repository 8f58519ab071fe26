# on request
# keep: PM908
import json

import requests


def page_of(url):
    return requests.get(url, timeout=10)


def main():
    with open("urls.txt") as lines:
        urls = lines.read().split()
    with open("titles.jsonl", "a") as out:
        for url in urls:
            page = page_of(url)
            out.write(json.dumps({"url": url, "status": page.status_code}) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
