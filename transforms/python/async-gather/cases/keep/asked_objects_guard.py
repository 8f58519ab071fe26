# keep: PM103
# Whether a call is made depends on what a property or `in` reads, and the loop changes that.
import json
import requests

API = "http://localhost:8000"
rows = json.load(open("rows.json"))
left = [3]
seen = set()


class Budget:
    @property
    def empty(self):
        return left[0] <= 0


class Seen:
    def __contains__(self, q):
        return q in seen


budget = Budget()
known = Seen()


def within_budget():
    for row in rows:
        if budget.empty:
            continue
        answer = requests.get(API, params={"q": row["q"]}).text
        left[0] -= 1
        print(answer)


def once():
    for row in rows:
        if row["q"] in known:
            continue
        answer = requests.get(API, params={"q": row["q"]}).text
        seen.add(row["q"])
        print(answer)
