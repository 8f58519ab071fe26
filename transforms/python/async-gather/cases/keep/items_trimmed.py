# keep: PM110
import json

import openai

client = openai.OpenAI()


def main():
    rows = json.load(open("rows.json"))
    docs = []
    for i, row in enumerate(rows):
        # Where an item has none, it gets those of the one before it.
        if row["docs"]:
            docs = row["docs"][:3]
        rows[i]["docs"] = docs
        rows[i - 1]["next"] = row
    for row in rows:
        reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": str(row["docs"])}])
        row["docs"].append(reply.choices[0].message.content)
    print(rows)


main()
