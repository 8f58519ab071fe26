# keep: PM123
import json

import httpx

client = httpx.Client(verify="company.pem", limits=httpx.Limits(max_connections=2))

with open("titles.json") as f:
    titles = json.load(f)

for title in titles:
    # Two connections: a call that waits longer than 5 s for one fails.
    reply = client.get("https://api.example.com/v1/titles/" + title)
    print(reply.json()["summary"])
