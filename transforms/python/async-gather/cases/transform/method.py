import json

from openai import OpenAI


class Judge:
    def __init__(self, model):
        self.client = OpenAI()
        self.model = model

    def build(self, row):
        return [{"role": "user", "content": f"{row['question']}\n{row['answer']}"}]

    def score(self, row):
        reply = self.client.chat.completions.create(model=self.model, messages=self.build(row))
        return int(reply.choices[0].message.content)


def main():
    rows = json.load(open("rows.json"))
    judge = Judge("gpt-4o-mini")
    total = 0
    for row in rows:
        total += judge.score(row)
    print(total / len(rows))


if __name__ == "__main__":
    main()
