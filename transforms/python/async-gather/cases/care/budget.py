# A budget of a class of the file ends the loop: calls of later items are under way by then.
import requests


class Budget:
    def __init__(self, limit):
        self.limit = limit
        self.used = 0

    def charge(self, amount):
        self.used += amount
        if self.used > self.limit:
            raise RuntimeError("the budget is used up")


budget = Budget(100)
for name in ["a", "b", "c"]:
    text = requests.get("http://data.example/" + name, timeout=9).text
    budget.charge(len(text))
    print(text)
