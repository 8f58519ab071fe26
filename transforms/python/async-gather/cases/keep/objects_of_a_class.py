# keep: PM111
# What one object changes the class holds for all.
import requests

rows = [{"question": "a"}, {"question": "b"}, {"question": "c"}]


class Meter:
    seen = []

    def update(self, value):
        self.seen.append(value)

    def total(self):
        return str(sum(self.seen))


mine, other = Meter(), Meter()


for row in rows:
    reply = requests.get("http://data.example/ask", params={"q": row["question"] + other.total()}, timeout=9).text
    mine.update(len(reply))
    print(reply)
