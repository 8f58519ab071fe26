# on request
import json

import requests


def title_of(url):
    page = requests.get(url, timeout=10).text
    return page.split("<title>")[1].split("</title>")[0]


def main():
    with open("urls.txt") as lines:
        urls = lines.read().split()
    with open("titles.jsonl", "a") as out:
        for url in urls:
            title = title_of(url)
            out.write(json.dumps({"url": url, "title": title}) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
