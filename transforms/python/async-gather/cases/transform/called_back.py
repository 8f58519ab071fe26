# A library calls what it was handed, and that changes nothing that others see.
import json
import logging
import re

import requests

API = "http://localhost:8000"
rows = json.load(open("rows.json"))
log = logging.getLogger("x")


def encode(value):
    return str(value)


def upper(match):
    return match.group(0).upper()


class Auth(requests.auth.AuthBase):
    def __init__(self, key):
        self.key = key

    def __call__(self, request):
        request.headers["X-Key"] = self.key
        return request


class Handler(logging.Handler):
    def emit(self, record):
        print(self.format(record))
        self.flush()


log.addHandler(Handler())
auth = Auth("k")


def by_auth():
    answers = []
    for row in rows:
        answers.append(requests.get(API, params={"q": row["q"]}, auth=auth).text)
    return answers


def by_own_auth():
    answers = []
    for row in rows:
        answers.append(requests.get(API, params={"q": row["q"]}, auth=Auth(row["key"])).text)
    return answers


def by_text():
    answers = []
    for row in rows:
        q = re.sub("a", upper, row["q"])
        log.info(q)
        answers.append(requests.get(API, params={"q": q, "row": json.dumps(row, default=encode)}).text)
    return answers
