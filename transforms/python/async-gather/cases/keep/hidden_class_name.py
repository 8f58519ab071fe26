# keep: PM110
# The same, read through the class.
import requests

rows = [{"question": "a"}, {"question": "b"}, {"question": "c"}]
history = []


class Prompt:
    shots = history


for row in rows:
    reply = requests.get("http://data.example/ask", params={"q": " ".join(Prompt.shots) + row["question"]}, timeout=9).text
    history.append(reply)
    print(reply)
