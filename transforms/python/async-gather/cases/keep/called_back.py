# keep: PM112
# A library calls what it was handed while it does its part of the work, and that changes what the loop reads.
import json
import logging
import re
import warnings

import httpx
import requests
import tenacity

API = "http://localhost:8000"
rows = json.load(open("rows.json"))
seen = []
log = logging.getLogger("x")


def hook(reply, *args, **kwargs):
    seen.append(reply.url)


def encode(value):
    seen.append(1)
    return str(value)


def number(match):
    seen.append(match.group(0))
    return str(len(seen))


class Auth(requests.auth.AuthBase):
    def __init__(self):
        self.asked = []

    def __call__(self, request):
        self.asked.append(request.url)
        return request


class Handler(logging.Handler):
    def emit(self, record):
        seen.append(record.getMessage())


log.addHandler(Handler())
warnings.showwarning = lambda message, *args, **kwargs: seen.append(message)
auth = Auth()
client = httpx.Client(event_hooks={"request": [lambda request: seen.append(request.url)]})
session = httpx.Client()
session.event_hooks["response"].append(hook)


@tenacity.retry(stop=tenacity.stop_after_attempt(2), before_sleep=lambda state: seen.append(state), reraise=True)
def patient(q):
    return requests.get(API, params={"q": q}).text


def by_hook():
    for row in rows:
        print(requests.get(API, params={"q": row["q"]}, hooks={"response": hook}).text, len(seen))


def by_auth():
    for row in rows:
        print(requests.get(API, params={"q": row["q"]}, auth=auth).text, len(auth.asked))


def by_client():
    for row in rows:
        print(client.get(API, params={"q": row["q"]}).text, len(seen))


def by_client_later():
    for row in rows:
        print(session.get(API, params={"q": row["q"]}).text, len(seen))


def by_encoder():
    for row in rows:
        print(requests.get(API, params={"q": json.dumps(row, default=encode)}).text, len(seen))


def by_pattern():
    for row in rows:
        q = re.sub("a", number, row["q"])
        print(requests.get(API, params={"q": q}).text, len(seen))


def logged(q):
    log.info(q)
    return requests.get(API, params={"q": q}).text


def by_handler():
    for row in rows:
        print(logged(row["q"]), len(seen))


def warned(q):
    warnings.warn(q)
    return requests.get(API, params={"q": q}).text


def by_warning():
    for row in rows:
        print(warned(row["q"]), len(seen))


def by_retry():
    for row in rows:
        print(patient(row["q"]), len(seen))
