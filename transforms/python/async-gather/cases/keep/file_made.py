# keep: PM904
# Files that the guards ask for are taken away in the loop, or the guard lets through what is there.
import os
from pathlib import Path

import requests

for name in open("names.txt").read().split():
    path = os.path.join("pages", f"{name}.html")
    if os.path.exists(path):
        continue
    page = requests.get(f"https://example.org/{name}", timeout=30)
    os.remove(os.path.join("pages", page.text))

for name in open("names.txt").read().split():
    path = Path("pages") / name
    if not path.exists():
        continue
    page = requests.get(f"https://example.org/{name}", timeout=30)
    (Path("pages") / page.text).write_text(page.text)

for name in open("names.txt").read().split():
    path = Path("pages") / name
    if path.exists():
        continue
    page = requests.get(f"https://example.org/{name}", timeout=30)
    path.write_text(page.text)
    path.rename(Path("done") / name)

for name in open("names.txt").read().split():
    path = Path("pages") / name
    if path.exists():
        continue
    page = requests.get(f"https://example.org/{name}", timeout=30)
    path.write_text(page.text)
    # Perhaps the file of a later name.
    os.rename("pages/stale", "pages/old")
