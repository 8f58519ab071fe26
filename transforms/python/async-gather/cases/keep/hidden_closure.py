# keep: PM110
# A function that another has made sees what that was given.
import requests

rows = [{"question": "a"}, {"question": "b"}, {"question": "c"}]
history = []


def maker(seen):
    def build(text):
        return " ".join(seen) + text

    return build


build = maker(history)


for row in rows:
    reply = requests.get("http://data.example/ask", params={"q": build(row["question"])}, timeout=9).text
    history.append(reply)
    print(reply)
