# What is read in front of the call belongs to the work, in whatever way a file is read; the names of files are used again.
import json
import os
from pathlib import Path

from openai import OpenAI

client = OpenAI()
folder = "dialogs"
rows = []
for name in sorted(os.listdir(folder)):
    if not name.endswith(".json"):
        continue
    with open(os.path.join(folder, name), encoding="utf-8") as f:
        dialog = json.load(f)
    note = Path("notes", name).with_suffix(".txt").read_text()
    reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": note + dialog["turn"]}])
    rows.append(reply.choices[0].message.content)
    with open(f"rows/{name}.csv", "w") as f:
        f.write(rows[-1])
with open("rows.json", "w") as f:
    json.dump(rows, f)
