import requests

names = ["a", "b", "c"]

# all pages at once
pages = [requests.get(f"http://127.0.0.1:8000/{name}", timeout=10).json() for name in names]
print(pages)
