# A library calls what it was handed in the loop's own part, and that changes nothing that a call reads.
import bisect
import contextlib
import itertools
import json

import requests

API = "http://localhost:8000"
rows = json.load(open("rows.json"))
state = {"n": 0}
seen = []


def note(*given):
    seen.append(given)
    return len(seen)


def by_stack():
    for row in rows:
        answer = requests.get(API, params={"q": row["q"], "n": state["n"]}).text
        with contextlib.ExitStack() as stack:
            stack.callback(note, answer)


def by_key():
    for row in rows:
        answer = requests.get(API, params={"q": row["q"], "n": state["n"]}).text
        print(bisect.bisect([1, 2], len(answer), key=note))


def by_items():
    for row in rows:
        answer = requests.get(API, params={"q": row["q"], "n": state["n"]}).text
        print(list(itertools.dropwhile(note, answer)))
