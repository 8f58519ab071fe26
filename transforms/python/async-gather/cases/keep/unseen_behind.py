# keep: PM110
# What runs behind the call without being named there changes what the call reads.
import ast
import contextvars
import csv
import decimal
import functools
import io
import json
import logging
import sys
from collections import defaultdict
from html.parser import HTMLParser

import requests

API = "http://localhost:8000"
rows = json.load(open("rows.json"))
seen = []
LAST = ""
log = logging.getLogger("x")
me = sys.modules[__name__]
ctx = decimal.getcontext()
asked = contextvars.ContextVar("asked", default="")


def ask(q):
    return requests.get(API, params={"q": q}).text


class Keep(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


class Tee:
    def __init__(self, out):
        self.out = out
        self.lines = []

    def write(self, text):
        self.lines.append(text)
        return self.out.write(text)


class Out:
    def write(self, text):
        seen.append(text)


class Record:
    @property
    def answer(self):
        return self._answer

    @answer.setter
    def answer(self, value):
        self._answer = value
        seen.append(value)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        seen.append("done")


class Texts(HTMLParser):
    def handle_data(self, data):
        seen.append(data)


class Constants(ast.NodeVisitor):
    def visit_Constant(self, node):
        seen.append(node.value)


class Encoder(json.JSONEncoder):
    def default(self, value):
        return list(seen)


class Joined:
    def __get__(self, record, owner=None):
        return " ".join(seen)


class Holder:
    text = Joined()


class Filled(dict):
    def __missing__(self, key):
        return str(seen)


def new():
    seen.append("new")
    return 0


def prompt(q):
    return q + LAST


@functools.lru_cache(maxsize=None)
def memory():
    return []


keep = Keep()
log.addHandler(keep)
buffer = io.StringIO()
log.addHandler(logging.StreamHandler(buffer))
tee = sys.stderr = Tee(sys.stderr)
record = Record()
texts = Texts()
constants = Constants()
counts = defaultdict(new)
table = csv.writer(Out())


def by_handler():
    for row in rows:
        log.info(ask(row["q"] + str(keep.lines)))


def by_log_in_memory():
    for row in rows:
        log.info(ask(row["q"] + buffer.getvalue()))


def by_stream():
    for row in rows:
        print(ask(row["q"] + "".join(tee.lines)), file=sys.stderr)


def by_file():
    for row in rows:
        print(ask(row["q"] + str(seen)), file=Out())


def by_table():
    for row in rows:
        table.writerow([ask(row["q"] + str(seen))])


def by_setter():
    for row in rows:
        record.answer = ask(row["q"] + str(seen))


def by_setter_of_item():
    for item in [Record(), Record()]:
        item.answer = ask(str(seen))


def by_exit():
    for row in rows:
        reply = ask(row["q"] + str(seen))
        with record:
            print(reply)


def by_parser():
    for row in rows:
        texts.feed(ask(row["q"] + str(seen)))


def by_visitor():
    for row in rows:
        constants.visit(ast.parse(ask(row["q"] + str(seen))))


def by_encoder():
    for row in rows:
        seen.append(ask(json.dumps(row, cls=Encoder)))


def by_descriptor():
    holder = Holder()
    for row in rows:
        seen.append(ask(row["q"] + holder.text))


def by_missing_key():
    for row in rows:
        seen.append(ask("{q} {seen}".format_map(Filled(row))))


def by_factory():
    for row in rows:
        counts[ask(row["q"] + str(seen))] += 1


def by_module():
    for row in rows:
        me.LAST = ask(prompt(row["q"]))


def by_kept_answer():
    for row in rows:
        memory().append(ask(row["q"] + str(memory())))


def by_arguments():
    for row in rows:
        sys.argv.append(ask(row["q"] + str(sys.argv[1:])))


def by_precision():
    for row in rows:
        ctx.prec = len(ask(row["q"] + str(decimal.Decimal(1) / 7)))


def answered(q):
    reply = ask(q)
    asked.set(reply)
    return reply


def by_context():
    for row in rows:
        print(answered(row["q"]), asked.get())
