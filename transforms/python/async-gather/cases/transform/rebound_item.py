import json

from openai import OpenAI

client = OpenAI()


def ask(prompt):
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def main():
    rows = [json.loads(line) for line in open("rows.jsonl")]
    # The loop's own name gets a copy, which is changed in front of the call.
    for i, row in enumerate(rows):
        row = dict(row)
        row["n"] = i
        if row["shots"]:
            row["shots"] = row["shots"][:3]
        answer = ask(f"{row['q']} {row['shots']} {row['n']}")
        row["answer"] = answer
        print(json.dumps(row))
    # A name that something else had before.
    messages = [{"role": "system", "content": "be brief"}]
    print(messages)
    for row in rows:
        messages = [{"role": "system", "content": "be brief"}]
        messages.append({"role": "user", "content": row["q"]})
        r = client.chat.completions.create(model="m", messages=messages)
        print(r.choices[0].message.content)


main()
