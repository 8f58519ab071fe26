# keep: PM116
# The last row of a group is asked later, and by then it has another text.
import json

from openai import OpenAI

client = OpenAI()
rows = json.load(open("rows.json"))
groups = {}
for row in rows:
    groups.setdefault(row["group"], []).append(row)
for row in rows:
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["text"]}])
    groups[row["group"]][-1]["text"] = response.choices[0].message.content
print(json.dumps(rows))
