import json

import requests

session = requests.Session()
session.headers["User-Agent"] = "study"


def fetch(url):
    return session.get(url, timeout=30).text


def main():
    urls = json.load(open("urls.json"))
    pages = []
    for url in urls:
        response = session.get(url, timeout=30)
        if response.status_code == 200:
            pages.append(response.text)
    for url in urls:
        print(url, len(fetch(url)))


main()
