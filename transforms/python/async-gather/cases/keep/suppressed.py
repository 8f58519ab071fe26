# keep: PM101
# What a failure leaves is what the next item asks with.
from contextlib import suppress
from pathlib import Path

from openai import OpenAI

client = OpenAI()
out = Path("out.txt")
last = ""
for q in ["a", "b", "c"]:
    with suppress(Exception):
        reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": last + q}])
        last = reply.choices[0].message.content
        with out.open("a") as f:
            f.write(last)
