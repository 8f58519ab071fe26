# keep: PM110
# A field is made by a function that gives the list that the loop fills.
from dataclasses import dataclass, field

import requests

rows = [{"question": "a"}, {"question": "b"}, {"question": "c"}]
history = []


@dataclass
class Prompt:
    shots: list = field(default_factory=lambda: history)

    def build(self, text):
        return " ".join(self.shots) + text


prompt = Prompt()


for row in rows:
    reply = requests.get("http://data.example/ask", params={"q": prompt.build(row["question"])}, timeout=9).text
    history.append(reply)
    print(reply)
