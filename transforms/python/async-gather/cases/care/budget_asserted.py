# What a function that keeps count asserts ends the loop, as what it raises does.
import requests

seen = []


def note(text):
    seen.append(text)
    assert len(seen) < 100, "enough"


for name in ["a", "b", "c"]:
    text = requests.get("http://data.example/" + name, timeout=9).text
    note(text)
    print(text)
