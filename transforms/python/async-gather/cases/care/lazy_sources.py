import json

import requests

API = "http://localhost:8000"
questions = json.load(open("questions.json"))
known = set(json.load(open("known.json")))


def ask(q):
    return requests.get(API, params={"q": q}).text


def is_new(q):
    return q not in known


def chosen(questions):
    seen = set()
    for q in filter(is_new, questions):
        seen.add(ask(q))
    return seen


def built(questions):
    told = []
    for q in map(lambda q: q + str(known), questions):
        told.append(ask(q))
    return told
