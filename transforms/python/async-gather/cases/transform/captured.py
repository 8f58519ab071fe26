# Functions that were made with something that the loop leaves alone, wherever they are kept.
import json

import requests

API = "http://localhost:8000"


def turn(q):
    return {"role": "user", "content": q}


class Maker:
    def of(self, shots):
        return lambda q: [*shots, turn(q)]


class Chat:
    def __init__(self, shots):
        self.shots = shots

    def build(self, q):
        return [*self.shots, turn(q)]


def lambda_of_lambda(questions: list, shots):
    told = []
    build = (lambda h: lambda q: [*h, turn(q)])(shots)
    for q in questions:
        told.append(requests.get(API, params={"q": json.dumps(build(q))}).text)
    return told


def by_method(questions: list, shots):
    told = []
    build = Maker().of(shots)
    for q in questions:
        told.append(requests.get(API, params={"q": json.dumps(build(q))}).text)
    return told


def method_of_object(questions: list, shots):
    told = []
    build = Chat(shots).build
    for q in questions:
        told.append(requests.get(API, params={"q": json.dumps(build(q))}).text)
    return told


def method_of_dict(questions: list, settings):
    told = {}
    look = settings.get
    for q in questions:
        told["last"] = requests.get(API, params={"q": look("prefix", "") + q}).text
    return told


def by_decorator(questions: list, shots):
    told = []

    def with_shots(function):
        def inner(q):
            return [*shots, function(q)]

        return inner

    @with_shots
    def build(q):
        return turn(q)

    for q in questions:
        told.append(requests.get(API, params={"q": json.dumps(build(q))}).text)
    return told


def new_ones(questions: list):
    done = set()
    todo = list(filter(lambda q: q not in done, questions))
    for q in todo:
        done.add(requests.get(API, params={"q": q}).text)
    return done
