# keep: PM110
# The document before, all of them, and the first one: what the loop has set there is read.
import json

import requests


def ask(text):
    return requests.get("http://data.example/", params={"q": text}, timeout=9).text


with open("data.json") as file:
    data = json.load(file)
for i in range(len(data)):
    for j in range(len(data[i]["docs"])):
        data[i]["docs"][j]["summary"] = ask(data[i]["docs"][j - 1]["summary"])
for i in range(len(data)):
    for j in range(len(data[i]["docs"])):
        data[i]["docs"][j]["summary"] = ask(str(data[i]["docs"]))
for i in range(len(data)):
    for j in range(len(data[i]["docs"])):
        data[i]["docs"][0]["summary"] = ask(data[i]["docs"][j]["summary"])
for i in range(len(data)):
    for j in range(len(data[i]["notes"])):
        data[i]["docs"][j]["summary"] = ask(data[i]["docs"][j]["summary"])
