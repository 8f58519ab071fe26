# Stretches of a list that have no row in common.
import json

from openai import OpenAI

client = OpenAI()
rows = json.load(open("rows.json"))
for i in range(0, len(rows), 3):
    stretch = rows[i:i + 3]
    reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": json.dumps(stretch)}])
    for row in stretch:
        row["note"] = reply.choices[0].message.content


def by_size(args):
    for i in range(0, len(rows), args.batch_size):
        stretch = rows[i: i + args.batch_size]
        reply = client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": json.dumps(stretch)}]
        )
        for row in stretch:
            row["second"] = reply.choices[0].message.content
