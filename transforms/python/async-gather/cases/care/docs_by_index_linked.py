# Something else has put documents into the items: that none is there twice is taken for granted.
import json

import requests


def ask(text):
    return requests.get("http://data.example/", params={"q": text}, timeout=9).text


with open("data.json") as file:
    data = json.load(file)
for item in data:
    item["docs"] = item["docs"] + item["docs"][:1]
for i in range(len(data)):
    for j in range(len(data[i]["docs"])):
        data[i]["docs"][j]["summary"] = ask(str(data[i]["docs"][j]))
with open("out.json", "w") as file:
    json.dump(data, file)
