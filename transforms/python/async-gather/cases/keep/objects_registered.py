# keep: PM111
# An object that its class keeps, too, is read by the call.
import requests

rows = [{"question": "a"}, {"question": "b"}, {"question": "c"}]
meters = []


class Meter:
    def __init__(self):
        self.total = 0
        meters.append(self)

    def update(self, value):
        self.total += value


meter = Meter()


for row in rows:
    reply = requests.get("http://data.example/ask", params={"q": row["question"] + str(meters[0].total)}, timeout=9).text
    meter.update(len(reply))
    print(reply)
