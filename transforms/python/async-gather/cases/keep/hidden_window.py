# keep: PM110
# A function stores items in one another.
import requests

rows = [{"question": "a"}, {"question": "b"}, {"question": "c"}]


def link(items):
    for at, one in enumerate(items):
        one["peers"] = items[max(0, at - 2) : at]


link(rows)


for row in rows:
    reply = requests.get("http://data.example/ask", params={"q": row["question"] + "".join(peer.get("reply", "") for peer in row["peers"])}, timeout=9).text
    row["reply"] = reply
    print(reply)
