# keep: PM110
# What is left of the budget is what the next call asks for.
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
    text = requests.get("http://data.example/" + name, params={"left": budget.limit - budget.used}, timeout=9).text
    budget.charge(len(text))
    print(text)
