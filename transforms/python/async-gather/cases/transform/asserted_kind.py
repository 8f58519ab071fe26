# An assertion about what the function was handed is a failure, which nobody plans for.
import requests

seen = []


def note(text):
    assert isinstance(text, str)
    seen.append(text)


for name in ["a", "b", "c"]:
    text = requests.get("http://data.example/" + name, timeout=9).text
    note(text)
    print(text)
