import requests

pages = {"a": 2, "b": 3}
total = 0
for name in pages:
    print("pages of", name)
    at, wanted = 0, ""
    mark = "-"
    page = 0
    total += pages[name]
    while page < pages[name]:
        print(name, requests.get(f"http://data.example/{name}?page={page}{mark}").text)
        page += 1
print(total)


def last_pages(names):
    for name in names:
        text = ""
        if not name:
            continue
        for page in range(2):
            text += requests.get(f"http://data.example/{name}?page={page}&seen={len(text)}").text
        print(text)
    return text


print(last_pages(["a", "b", ""]))
