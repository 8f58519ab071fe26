# keep: PM109
import shelve

import requests


def hints():
    with shelve.open("runs") as db:
        return db.get("last", "")


def keep(answer):
    with shelve.open("runs") as db:
        db["last"] = answer


def ask(name):
    return requests.get("http://data.example/" + name, params={"hints": hints()}).text


for name in ["a", "b", "c"]:
    answer = ask(name)
    keep(answer)
