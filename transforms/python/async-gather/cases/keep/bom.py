# keep: PM304
import requests

ids = [1, 2, 3]
session = requests.Session()
for id in ids:
    print(session.get(f"http://127.0.0.1:8000/items/{id}").json()["name"])
