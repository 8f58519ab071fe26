# keep: PM110
# What was kept of the item before is what the next call asks with.
import requests

seen = [""]


def note(text):
    assert isinstance(text, str)
    seen.append(text)


for name in ["a", "b", "c"]:
    text = requests.get("http://data.example/" + name, params={"after": seen[-1]}, timeout=9).text
    note(text)
    print(text)
