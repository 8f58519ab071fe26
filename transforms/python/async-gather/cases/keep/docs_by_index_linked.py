# keep: PM110
# The items themselves lead to one another.
import json

import requests


def ask(text):
    return requests.get("http://data.example/", params={"q": text}, timeout=9).text


with open("data.json") as file:
    data = json.load(file)
for i in range(1, len(data)):
    data[i]["before"] = data[i - 1]
for i in range(len(data)):
    data[i]["summary"] = ask(str(data[i]))
