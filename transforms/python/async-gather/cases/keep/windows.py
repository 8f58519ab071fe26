# keep: PM110
# Windows that overlap: the next request holds what is set in a row of this one.
import json

from openai import OpenAI

client = OpenAI()
rows = json.load(open("rows.json"))
for i in range(0, len(rows), 2):
    reply = client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": json.dumps(rows[i:i + 3])}]
    )
    for row in rows[i:i + 3]:
        row["note"] = reply.choices[0].message.content


def by_size(args):
    for i in range(0, len(rows), args.batch_size):
        stretch = rows[i: i + args.window]
        reply = client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": json.dumps(stretch)}]
        )
        for row in stretch:
            row["second"] = reply.choices[0].message.content
