# keep: PM110
# The same of a lambda.
import requests

rows = [{"question": "a"}, {"question": "b"}, {"question": "c"}]
settings = {"language": "en"}
build = lambda text, chosen=settings: chosen["language"] + text


for row in rows:
    reply = requests.get("http://data.example/ask", params={"q": build(row["question"])}, timeout=9).text
    settings["language"] = reply[:2]
    print(reply)
