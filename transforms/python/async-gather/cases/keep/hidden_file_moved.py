# keep: PM109
# What each item writes takes the place of what the next one reads.
import os
from pathlib import Path

from openai import OpenAI

client = OpenAI()
for q in ["a", "b", "c"]:
    with open("state.txt") as f:
        state = f.read()
    reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": state + q}])
    Path("state.new").write_text(reply.choices[0].message.content)
    os.replace("state.new", "state.txt")
