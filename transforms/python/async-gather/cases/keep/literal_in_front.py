# keep: PM101
import requests

pages = {"a": 2, "b": 3}
total = 0
page = 0
for name in pages:
    print("pages of", name)
    total += pages[name]
    while page < pages[name]:
        print(name, requests.get(f"http://data.example/{name}?page={page}").text)
        page += 1
    page -= 1
print(total)
