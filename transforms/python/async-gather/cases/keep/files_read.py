# keep: PM109
# Each item's request holds what the items before have written.
import json
import os
from pathlib import Path

from openai import OpenAI

client = OpenAI()
folder = "dialogs"
memory = Path("notes.txt")
rows = []
for name in sorted(os.listdir(folder)):
    with open(os.path.join(folder, name), encoding="utf-8") as f:
        dialog = json.load(f)
    note = memory.read_text()
    reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": note + dialog["turn"]}])
    rows.append(reply.choices[0].message.content)
    with open("notes.txt", "a") as f:
        f.write(rows[-1])
