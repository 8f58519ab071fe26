# keep: PM110
# Items hold one another: the replies of earlier items are asked with.
import requests

rows = [{"question": "a"}, {"question": "b"}, {"question": "c"}]
for one in rows:
    one["peers"] = [other for other in rows if other is not one]


for row in rows:
    reply = requests.get("http://data.example/ask", params={"q": row["question"] + "".join(peer.get("reply", "") for peer in row["peers"])}, timeout=9).text
    row["reply"] = reply
    print(reply)
