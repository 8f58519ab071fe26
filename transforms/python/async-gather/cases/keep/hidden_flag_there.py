# keep: PM109
# What is asked depends on whether an item before has left its mark.
from pathlib import Path

from openai import OpenAI

client = OpenAI()
flag = Path("seen.txt")
for q in ["a", "b", "c"]:
    text = q if flag.exists() else f"First: {q}"
    reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
    flag.touch()
    print(reply.choices[0].message.content)
