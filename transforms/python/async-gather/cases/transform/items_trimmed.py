import json

import openai

client = openai.OpenAI()


def shorter(row, docs, key):
    kept = []
    for doc in docs:
        if key in doc:
            kept.append(doc)
    return kept


def main():
    rows = json.load(open("rows.json"))
    for i, row in enumerate(rows):
        docs = row["docs"][:3]
        rows[i]["docs"] = docs
    for i in range(len(rows)):
        rows[i]["short"] = shorter(rows[i], rows[i]["docs"], "text")
    for row in rows:
        reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": str(row["docs"])}])
        row["out"] = reply.choices[0].message.content
    print(rows)


main()
