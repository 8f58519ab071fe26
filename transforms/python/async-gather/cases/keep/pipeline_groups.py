# keep: PM117
import itertools

from openai import OpenAI

client = OpenAI()
rows = ["a1", "a2", "b1", "b2", "c1"]
for key, group in itertools.groupby(rows, key=lambda row: row[0]):
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": " ".join(group)}])
    print(key, r.choices[0].message.content)
