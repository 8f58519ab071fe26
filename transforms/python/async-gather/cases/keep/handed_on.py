# keep: PM110
import requests

seen = []


def fetch(name):
    return requests.get("https://example.org/" + name + str(len(seen)), timeout=30).text


def told(names: list[str]):
    for name in names:
        text = fetch(name)
        seen.append(text)
