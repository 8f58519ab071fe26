# keep: PM110
# How many there are is what the next call asks for.
import requests

seen = []


def note(text):
    seen.append(text)
    assert len(seen) < 100, "enough"


for name in ["a", "b", "c"]:
    text = requests.get("http://data.example/" + name, params={"known": len(seen)}, timeout=9).text
    note(text)
    print(text)
