# keep: PM103
import json

from openai import OpenAI


def main():
    client = OpenAI()
    rows = json.loads(open("rows.json").read())
    open_topics = {row["topic"] for row in rows}
    for row in rows:
        if row["topic"] not in open_topics:
            continue
        answer = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": row["question"]}])
        if "closed" in answer.choices[0].message.content:
            open_topics.discard(row["topic"])
        print(row["id"], answer.choices[0].message.content)


if __name__ == "__main__":
    main()
