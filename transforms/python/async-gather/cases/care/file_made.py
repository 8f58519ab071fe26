import os
from pathlib import Path

import requests

os.makedirs("pages", exist_ok=True)
texts = Path("texts")
for name in open("names.txt").read().split():
    path = os.path.join("pages", f"{name}.html")
    if os.path.exists(path):
        print("have", name)
        continue
    page = requests.get(f"https://example.org/{name}", timeout=30)
    with open(path, "w") as file:
        file.write(page.text)

for name in open("names.txt").read().split():
    target = texts / f"{name}.txt"
    # What another run has left half written has another name.
    if not (target.is_file() or name.startswith("#")):
        text = requests.get(f"https://example.org/{name}.txt", timeout=30).text
        new = target.with_suffix(".new")
        new.write_text(text)
        os.replace(new, target)
