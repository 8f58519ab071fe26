# To take an item out of the list moves those behind it.
# keep: PM110
import json

import openai

rows = json.load(open("rows.json"))
for i in range(len(rows)):
    if i >= len(rows):
        break
    answer = openai.ChatCompletion.create(model="m", messages=[{"role": "user", "content": rows[i]["question"]}])
    rows[i]["answer"] = answer["choices"][0]["message"]["content"]
    if not rows[i]["answer"]:
        del rows[i]
print(rows)
