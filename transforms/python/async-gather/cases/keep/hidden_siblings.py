# keep: PM110
# Items of one group hold the group.
import requests

rows = [{"question": "a"}, {"question": "b"}, {"question": "c"}]
groups = {}
for one in rows:
    groups.setdefault(len(one["question"]), []).append(one)
for one in rows:
    one["peers"] = groups[len(one["question"])]


for row in rows:
    reply = requests.get("http://data.example/ask", params={"q": row["question"] + "".join(peer.get("reply", "") for peer in row["peers"])}, timeout=9).text
    row["reply"] = reply
    print(reply)
