# A number of the module that a helper adds to.
import json

from openai import OpenAI

client = OpenAI()
tokens = 0


def score(row):
    global tokens
    reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["text"]}])
    tokens += reply.usage.total_tokens
    return reply.choices[0].message.content


def main():
    rows = json.load(open("rows.json"))
    for row in rows:
        print(score(row))
    print(tokens)


if __name__ == "__main__":
    main()
