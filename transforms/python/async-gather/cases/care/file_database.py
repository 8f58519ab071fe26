# What is asked of the database is taken not to be what the loop puts into it.
import sqlite3

import requests


def hints(name):
    with sqlite3.connect("runs.db") as db:
        return db.execute("SELECT text FROM hints WHERE name = ?", (name,)).fetchall()


def keep(name, answer):
    with sqlite3.connect("runs.db") as db:
        db.execute("INSERT INTO answers VALUES (?, ?)", (name, answer))


def ask(name):
    return requests.get("http://data.example/" + name, params={"hints": str(hints(name))}).text


for name in ["a", "b", "c"]:
    answer = ask(name)
    keep(name, answer)
