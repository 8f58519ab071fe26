# keep: PM110
# A default is another name for the list that the loop fills.
import requests

rows = [{"question": "a"}, {"question": "b"}, {"question": "c"}]
history = []


def build(text, seen=history):
    return " ".join(seen) + text


for row in rows:
    reply = requests.get("http://data.example/ask", params={"q": build(row["question"])}, timeout=9).text
    history.append(reply)
    print(reply)
