# Whether what is written is in the folder that is counted nobody can tell.
import os

import requests

SHOTS = "shots"


def run(rows, out):
    for row in rows:
        answer = requests.get("http://localhost:8000", params={"q": row["q"], "n": len(os.listdir(SHOTS))}).text
        with open(os.path.join(out, row["id"]), "w") as f:
            f.write(answer)
