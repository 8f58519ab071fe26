# keep: PM109
# Each call is asked with the number of files that the iterations before have written.
import os
from pathlib import Path

import requests


def run(rows):
    for row in rows:
        answer = requests.get("http://localhost:8000", params={"q": row["q"], "n": len(os.listdir("res"))}).text
        with open(f"res/{row['id']}.txt", "w") as f:
            f.write(answer)


def run_joined(rows):
    for row in rows:
        answer = requests.get("http://localhost:8000", params={"q": row["q"], "n": len(os.listdir("res"))}).text
        with open(os.path.join("res", row["id"]), "w") as f:
            f.write(answer)


def run_paths(rows):
    for row in rows:
        answer = requests.get("http://localhost:8000", params={"n": len(list(Path("res").iterdir()))}).text
        Path(f"res/{row['id']}.txt").write_text(answer)
