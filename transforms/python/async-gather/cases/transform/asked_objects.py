# What a property and a text of an object read is not what the loop changes.
import json
import requests

API = "http://localhost:8000"
PREFIX = ["Answer in a word. "]
rows = json.load(open("rows.json"))
told = []


class Question:
    def __init__(self, text):
        self.text = text

    @property
    def prompt(self):
        return PREFIX[0] + self.text

    def __str__(self):
        return "Q: " + self.text


questions = [Question(row["q"]) for row in rows]


def by_property():
    for q in questions:
        answer = requests.get(API, params={"q": q.prompt}).text
        told.append(answer)


def by_text():
    for q in questions:
        answer = requests.get(API, params={"q": f"{q}"}).text
        told.append(answer)
