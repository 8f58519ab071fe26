from openai import OpenAI


class Asker:
    """What each item sets to the same is for later."""

    def __init__(self, client):
        self.client = client
        self.used = False

    def ask(self, text):
        reply = self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
        return reply.choices[0].message.content

    def get(self, text):
        answer = self.ask(text)
        self.used = True
        return answer


def main():
    asker = Asker(OpenAI())
    for row in open("rows.txt").read().splitlines():
        print(row, asker.get(row))
    print(asker.used)


if __name__ == "__main__":
    main()
