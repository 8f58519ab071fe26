from openai import OpenAI


class Judge:
    """Its method is also called where no event loop runs, so the calls stay in threads."""

    def __init__(self, client):
        self.client = client
        self.score("warm up")

    def score(self, row):
        reply = self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": row}])
        return int(reply.choices[0].message.content)


def main():
    judge = Judge(OpenAI())
    for row in open("rows.txt").read().splitlines():
        print(row, judge.score(row))


if __name__ == "__main__":
    main()
