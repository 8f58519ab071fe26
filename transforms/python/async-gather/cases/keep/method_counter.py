# keep: PM301
# The loop looks at the number that the method adds to.
import json

from openai import OpenAI


class Judge:
    def __init__(self):
        self.client = OpenAI()
        self.tokens = 0
        self.stats = {"asked": 0, "long": 0}

    def score(self, row):
        self.stats["asked"] += 1
        reply = self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["text"]}])
        usage = reply.usage
        self.tokens += usage.prompt_tokens + usage.completion_tokens
        if len(row["text"]) > 1000:
            self.stats["long"] += 1
        return reply.choices[0].message.content

    def report(self):
        print(self.tokens, self.stats)


def main():
    rows = json.load(open("rows.json"))
    judge = Judge()
    for row in rows:
        print(judge.score(row))
        judge.report()


if __name__ == "__main__":
    main()
