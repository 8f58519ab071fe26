# keep: PM110
# What a property, a text, `len`, an index or an operator runs reads what the loop changes.
import json
import requests

API = "http://localhost:8000"
rows = json.load(open("rows.json"))
told = []
get_text = property(lambda self: "".join(told))


class Property:
    @property
    def text(self):
        return "".join(told)


class Made:
    text = get_text


class Texts:
    def __format__(self, spec):
        return "".join(told)

    def __str__(self):
        return "".join(told)


class Parts:
    def __len__(self):
        return len(told)

    def __getitem__(self, key):
        return "".join(told)


class Missing:
    def __getattr__(self, name):
        return "".join(told)


class Sum:
    def __add__(self, other):
        return "".join(told) + other


def by_property(p=Property()):
    for row in rows:
        told.append(requests.get(API, params={"q": p.text + row["q"]}).text)


made = Made()
texts = Texts()
parts = Parts()
missing = Missing()
total = Sum()


def by_made_property():
    for row in rows:
        told.append(requests.get(API, params={"q": made.text + row["q"]}).text)


def by_format():
    for row in rows:
        told.append(requests.get(API, params={"q": f"{texts} {row['q']}"}).text)


def by_str():
    for row in rows:
        q = str(texts) + row["q"]
        told.append(requests.get(API, params={"q": q}).text)


def by_len():
    for row in rows:
        told.append(requests.get(API, params={"q": row["q"], "n": len(parts)}).text)


def by_index():
    for row in rows:
        told.append(requests.get(API, params={"q": row["q"] + parts["all"]}).text)


def by_index_in_text():
    for row in rows:
        told.append(requests.get(API, params={"q": "{p[all]} {q}".format(p=parts, q=row["q"])}).text)


def by_missing_attribute():
    for row in rows:
        told.append(requests.get(API, params={"q": missing.text + row["q"]}).text)


def by_operator():
    for row in rows:
        told.append(requests.get(API, params={"q": total + row["q"]}).text)


def measured(parts):
    return "x" * len(parts)


def by_function():
    for row in rows:
        told.append(requests.get(API, params={"q": measured(parts) + row["q"]}).text)
