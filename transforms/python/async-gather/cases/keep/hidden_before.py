# keep: PM110
# An item holds the one in front of it.
import requests

rows = [{"question": "a"}, {"question": "b"}, {"question": "c"}]
last = {}
for one in rows:
    one["before"] = last
    last = one


for row in rows:
    reply = requests.get("http://data.example/ask", params={"q": row["question"] + row["before"].get("reply", "")}, timeout=9).text
    row["reply"] = reply
    print(reply)
