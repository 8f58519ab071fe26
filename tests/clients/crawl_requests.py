"""Collects the records of a JSON API into one file."""
import json
import os

import requests

BASE = os.environ["API_URL"]
names = [f"record-{i:03d}" for i in range(40)]

records = []
total = 0
for name in names:
    r = requests.get(f"{BASE}/json/{name}", timeout=30)
    data = json.loads(r.text)
    total += data["value"]
    print(name, r.status_code, data["value"])
    records.append(data)

with open("records.json", "w") as f:
    json.dump(records, f)
print("total", total)
