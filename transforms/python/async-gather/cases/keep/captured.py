# keep: PM110
# Functions that were made with what the loop changes, wherever they are kept: each asks with what came before.
import json
import operator
from dataclasses import dataclass

import requests

API = "http://localhost:8000"
questions = json.load(open("questions.json"))


def turn(q):
    return {"role": "user", "content": q}


@dataclass
class Builder:
    build: object


class Maker:
    def of(self, told):
        return lambda q: [*told, turn(q)]

    @staticmethod
    def any(told):
        return lambda q: [*told, turn(q)]


class Chat:
    def __init__(self, told):
        self.told = told

    def build(self, q):
        return [*self.told, turn(q)]


def lambda_of_lambda(questions):
    told = []
    build = (lambda h: lambda q: [*h, turn(q)])(told)
    for q in questions:
        told.append(requests.get(API, params={"q": json.dumps(build(q))}).text)
    return told


def lambda_of_keyword(questions):
    told = []
    build = (lambda *, h: lambda q: [*h, turn(q)])(h=told)
    for q in questions:
        told.append(requests.get(API, params={"q": json.dumps(build(q))}).text)
    return told


def lambda_of_all(questions):
    told = []
    build = (lambda *all: lambda q: [*all[0], turn(q)])(told)
    for q in questions:
        told.append(requests.get(API, params={"q": json.dumps(build(q))}).text)
    return told


def by_method(questions):
    told = []
    build = Maker().of(told)
    for q in questions:
        told.append(requests.get(API, params={"q": json.dumps(build(q))}).text)
    return told


def by_static_method(questions):
    told = []
    build = Maker.any(told)
    for q in questions:
        told.append(requests.get(API, params={"q": json.dumps(build(q))}).text)
    return told


def method_of_object(questions):
    told = []
    build = Chat(told).build
    for q in questions:
        told.append(requests.get(API, params={"q": json.dumps(build(q))}).text)
    return told


def method_of_dict(questions):
    state = {"told": ""}
    look = state.get
    for q in questions:
        state["told"] = requests.get(API, params={"q": look("told") + q}).text
    return state


def in_a_list(questions):
    told = []
    builders = [lambda q: [*told, turn(q)]]
    for q in questions:
        told.append(requests.get(API, params={"q": json.dumps(builders[0](q))}).text)
    return told


def in_a_dict(questions):
    told = []

    def make(h):
        return {"chat": lambda q: [*h, turn(q)]}

    builders = make(told)
    for q in questions:
        told.append(requests.get(API, params={"q": json.dumps(builders["chat"](q))}).text)
    return told


def in_an_object(questions):
    told = []
    builder = Builder(lambda q: [*told, turn(q)])
    for q in questions:
        told.append(requests.get(API, params={"q": json.dumps(builder.build(q))}).text)
    return told


def by_decorator(questions):
    told = []

    def with_told(function):
        def inner(q):
            return [*told, function(q)]

        return inner

    @with_told
    def build(q):
        return turn(q)

    for q in questions:
        told.append(requests.get(API, params={"q": json.dumps(build(q))}).text)
    return told


def by_decorator_with(questions):
    told = []

    def with_told(h):
        def decorate(function):
            def inner(q):
                return [*h, function(q)]

            return inner

        return decorate

    @with_told(told)
    def build(q):
        return turn(q)

    for q in questions:
        told.append(requests.get(API, params={"q": json.dumps(build(q))}).text)
    return told


def got(questions):
    state = {"told": []}
    look = operator.itemgetter("told")
    for q in questions:
        state["told"].append(requests.get(API, params={"q": json.dumps([*look(state), q])}).text)
    return state
