# keep: PM110
# The object that the loop changes is what the next call asks with.
import requests

rows = [{"question": "a"}, {"question": "b"}, {"question": "c"}]


class Meter:
    def __init__(self):
        self.total = 0

    def update(self, value):
        self.total += value


meter = Meter()


for row in rows:
    reply = requests.get("http://data.example/ask", params={"q": row["question"] + str(meter.total)}, timeout=9).text
    meter.update(len(reply))
    print(reply)
