# keep: PM904
import requests

names = ["a", "b", "c"]
pages = [requests.get(f"http://127.0.0.1:8000/{name}").json() for name in names if name not in "ab"]
print(pages)
