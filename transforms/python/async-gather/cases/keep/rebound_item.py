# keep: PM110
# What the call reads is changed in front of it by another name, or only in one branch.
import json

from openai import OpenAI

client = OpenAI()


def ask(prompt):
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def main():
    rows = [json.loads(line) for line in open("rows.jsonl")]
    for i, row in enumerate(rows):
        row = dict(row)
        other = row
        other["n"] = i
        answer = ask(f"{row['q']} {row['n']}")
        print(answer, row)
    for row in rows:
        if row["shots"]:
            row = dict(row)
        row["shots"] = row["shots"][:3]
        answer = ask(f"{row['q']} {row['shots']}")
        print(answer, row)
    shared = {"q": ""}
    for row in rows:
        row = shared
        row["q"] += "?"
        print(ask(row["q"]))


main()
