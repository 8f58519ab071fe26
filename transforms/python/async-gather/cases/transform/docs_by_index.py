# Documents of items, both by their number: each is its iteration's own.
import json

import requests


def ask(text):
    return requests.get("http://data.example/", params={"q": text}, timeout=9).text


with open("data.json") as file:
    data = json.load(file)
for i in range(len(data)):
    for j in range(len(data[i]["docs"])):
        data[i]["docs"][j]["summary"] = ask(data[i]["title"] + data[i]["docs"][j]["text"])
with open("out.json", "w") as file:
    json.dump(data, file)
