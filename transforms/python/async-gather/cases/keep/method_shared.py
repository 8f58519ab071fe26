# keep: PM112
from openai import OpenAI


class Judge:
    """What it was asked before goes along."""

    def __init__(self, client):
        self.client = client
        self.last = ""

    def score(self, row):
        text = f"before: {self.last}, now: {row}"
        reply = self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
        self.last = reply.choices[0].message.content
        return self.last


def main():
    judge = Judge(OpenAI())
    for row in open("rows.txt").read().splitlines():
        print(row, judge.score(row))


if __name__ == "__main__":
    main()
