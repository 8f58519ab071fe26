import json

from openai import OpenAI

client = OpenAI()


def ask(text):
    reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
    return reply.choices[0].message.content


def main():
    rows = json.load(open("rows.json"))
    for row in rows:
        answer = ask(row["question"] + row.get("context", ""))
        print(answer, sorted(rows, key=lambda other: other["question"])[0])
    print(rows)


main()
