# What runs behind the call without being named there changes nothing that the call reads.
import ast
import csv
import enum
import functools
import json
import logging
import sys
import time
from collections import defaultdict
from dataclasses import dataclass

import requests

API = "http://localhost:8000"
rows = json.load(open("rows.json"))
found = []
log = logging.getLogger("x")


def ask(q):
    return requests.get(API, params={"q": q}).text


class Plain(logging.Formatter):
    def format(self, record):
        return record.getMessage()


class Count(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = 0

    def emit(self, record):
        self.lines += 1
        sys.stderr.write(self.format(record))


class Tee:
    def __init__(self, *files):
        self.files = files

    def write(self, text):
        for file in self.files:
            file.write(text)

    def flush(self):
        for file in self.files:
            file.flush()


class Timer:
    def __enter__(self):
        self.start = time.perf_counter()
        return self

    def __exit__(self, *failure):
        self.took = self.start


class Score:
    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, value):
        self._value = float(value)


class Names(ast.NodeVisitor):
    def visit_Name(self, node):
        found.append(node.id)


class Encoder(json.JSONEncoder):
    def default(self, value):
        return str(value)


class Label(enum.Enum):
    YES = "yes"
    NO = "no"

    @property
    def short(self):
        return self.value[:1]


@dataclass
class Result:
    q: str
    reply: str

    def __str__(self):
        return self.reply


@functools.lru_cache(maxsize=None)
def settings():
    return {"prefix": "Say: "}


log.addHandler(Count())
log.addHandler(logging.StreamHandler(sys.stderr))
score = Score()
names = Names()
prefix = settings()["prefix"]


def by_handler():
    answers = []
    for row in rows:
        reply = ask(row["q"])
        log.info(reply)
        answers.append(reply)
    return answers


def by_setter():
    for row in rows:
        score.value = len(ask(row["q"]))
    return score


def by_exit():
    timer = Timer()
    answers = []
    for row in rows:
        reply = ask(row["q"])
        with timer:
            answers.append(reply)
    return answers


def by_visitor():
    for row in rows:
        names.visit(ast.parse(ask(row["q"])))
    return found


def by_encoder():
    answers = []
    for row in rows:
        answers.append(ask(json.dumps(row, cls=Encoder)))
    return answers


def by_enum():
    answers = []
    for row in rows:
        reply = ask(row["q"])
        answers.append(Label(reply).short)
    return answers


def by_text():
    answers = []
    for row in rows:
        result = Result(row["q"], ask(row["q"]))
        print(f"{result}")
        answers.append(result)
    return answers


def by_kept_answer():
    answers = []
    for row in rows:
        answers.append(ask(prefix + row["q"]))
    print(settings())
    return answers


def by_factory():
    counts = defaultdict(lambda: 0)
    for row in rows:
        counts[ask(row["q"])] += 1
    return counts


def by_table():
    table = csv.writer(sys.stdout)
    for row in rows:
        table.writerow([row["q"], ask(row["q"])])


def by_stream():
    sys.stdout = Tee(sys.stdout, sys.stderr)
    for row in rows:
        print(ask(row["q"]))
