# keep: PM110
# A library calls what it was handed in the loop's own part, and that changes what later calls read.
import bisect
import contextlib
import itertools
import json
import sched

import requests

API = "http://localhost:8000"
rows = json.load(open("rows.json"))
state = {"n": 0}


def note(*given):
    state["n"] += 1
    return state["n"]


def by_stack():
    for row in rows:
        answer = requests.get(API, params={"q": row["q"], "n": state["n"]}).text
        with contextlib.ExitStack() as stack:
            stack.callback(note, answer)


def by_key():
    for row in rows:
        answer = requests.get(API, params={"q": row["q"], "n": state["n"]}).text
        print(bisect.bisect([1, 2], len(answer), key=note))


def by_schedule():
    for row in rows:
        answer = requests.get(API, params={"q": row["q"], "n": state["n"]}).text
        later = sched.scheduler()
        later.enter(0, 1, note, (answer,))
        later.run()


def by_items():
    for row in rows:
        answer = requests.get(API, params={"q": row["q"], "n": state["n"]}).text
        print(list(itertools.dropwhile(note, answer)))
