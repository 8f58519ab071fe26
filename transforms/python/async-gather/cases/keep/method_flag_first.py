# keep: PM112
from openai import OpenAI


class Asker:
    """Only the first item is told more."""

    def __init__(self, client):
        self.client = client
        self.told = False

    def ask(self, text):
        reply = self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
        return reply.choices[0].message.content

    def get(self, text):
        answer = self.ask(text if self.told else "Be brief. " + text)
        self.told = True
        return answer


def main():
    asker = Asker(OpenAI())
    for row in open("rows.txt").read().splitlines():
        print(row, asker.get(row))


if __name__ == "__main__":
    main()
