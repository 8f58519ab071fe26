# keep: PM116
# Sources that ask a function for each item, which reads what the loop changes.
import itertools
import json

import requests

API = "http://localhost:8000"
questions = json.load(open("questions.json"))


def ask(q):
    return requests.get(API, params={"q": q}).text


def while_it_lasts(questions):
    spent = [0]
    lasts = lambda q: spent[0] < 5
    for q in itertools.takewhile(lasts, questions):
        print(ask(q))
        spent[0] += 1


def chosen(questions):
    seen = set()

    def is_new(q):
        return q not in seen

    for q in filter(is_new, questions):
        seen.add(ask(q))


def chosen_by_method(questions):
    seen = set()
    for q in itertools.filterfalse(seen.__contains__, questions):
        seen.add(ask(q))


def built(questions):
    told = []

    def build(q):
        return q + str(told)

    for q in map(build, questions):
        told.append(ask(q))


def held(questions):
    told = []
    prompts = map(lambda q: q + str(told), questions)
    for q in prompts:
        told.append(ask(q))


def until_none(todo):
    def next_one():
        return todo[-1] if todo else None

    for q in iter(next_one, None):
        print(ask(q))
        todo.pop()
