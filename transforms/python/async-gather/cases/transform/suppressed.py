# A `with` that leaves out failures is a `try`, and a file that is opened around the call by a path's method is one by `open`.
from contextlib import suppress
from pathlib import Path

from openai import OpenAI

client = OpenAI()
out = Path("out.txt")
for q in ["a", "b", "c"]:
    with suppress(Exception):
        reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": q}])
        with out.open("a") as f:
            f.write(reply.choices[0].message.content)
