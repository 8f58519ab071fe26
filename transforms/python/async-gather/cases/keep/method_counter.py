# keep: PM301
import json

from openai import OpenAI


class Judge:
    def __init__(self):
        self.client = OpenAI()
        self.tokens = 0

    def score(self, row):
        reply = self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["text"]}])
        self.tokens += reply.usage.total_tokens
        return reply.choices[0].message.content


def main():
    rows = json.load(open("rows.json"))
    judge = Judge()
    for row in rows:
        print(judge.score(row))
    print(judge.tokens)


if __name__ == "__main__":
    main()
