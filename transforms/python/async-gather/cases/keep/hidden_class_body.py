# keep: PM110
# The body of a class keeps the list that the loop fills.
import requests

rows = [{"question": "a"}, {"question": "b"}, {"question": "c"}]
history = []


class Prompt:
    shots = history

    def build(self, text):
        return " ".join(self.shots) + text


prompt = Prompt()


for row in rows:
    reply = requests.get("http://data.example/ask", params={"q": prompt.build(row["question"])}, timeout=9).text
    history.append(reply)
    print(reply)
