# keep: PM109
# The file is open since before the loop, and each request holds what was written to it.
from pathlib import Path

from openai import OpenAI

client = OpenAI()
with open("notes.txt", "a") as log:
    for q in ["a", "b", "c"]:
        note = Path("notes.txt").read_text()
        reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": note + q}])
        log.write(reply.choices[0].message.content)
        log.flush()
