# keep: PM301
# What a call costs is added to a budget, which the method looks at.
import json

from openai import OpenAI

PRICES = {"m": (0.15e-6, 0.6e-6)}


def price(model, usage):
    asked, told = PRICES[model]
    return usage.prompt_tokens * asked + usage.completion_tokens * told


class Judge:
    def __init__(self):
        self.client = OpenAI()
        self.cost = 0.0

    def score(self, row):
        if self.cost > 1.0:
            return ""
        reply = self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["text"]}])
        self.cost += price("m", reply.usage)
        return reply.choices[0].message.content


def main():
    rows = json.load(open("rows.json"))
    judge = Judge()
    for row in rows:
        print(judge.score(row))
    print(judge.cost)


if __name__ == "__main__":
    main()
