# keep: PM103
import json

from openai import OpenAI


def main():
    client = OpenAI()
    rows = json.loads(open("rows.json").read())
    seen = set()
    for row in rows:
        if row["question"] in seen:
            continue
        seen.add(row["question"])
        answer = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": row["question"]}])
        print(row["id"], answer.choices[0].message.content)


if __name__ == "__main__":
    main()
