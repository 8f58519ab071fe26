# keep: PM110
import json

from openai import OpenAI


def main():
    client = OpenAI()
    rows = json.load(open("rows.json"))
    for row in rows:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["question"]}])
        same = row
        same["question"] = r.choices[0].message.content
    print(rows)


if __name__ == "__main__":
    main()
