import json

import requests


def fetch(url):
    with requests.Session() as session:
        return session.get(url, timeout=30).text


for url in json.load(open("urls.json")):
    print(url, len(fetch(url)))
