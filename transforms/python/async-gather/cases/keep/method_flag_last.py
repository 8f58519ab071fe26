# keep: PM112
from openai import OpenAI


class Asker:
    """What the last item has set is asked for in the end."""

    def __init__(self, client):
        self.client = client
        self.failed = False

    def ask(self, text):
        reply = self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
        return reply.choices[0].message.content

    def get(self, text):
        try:
            answer = self.ask(text)
            self.failed = False
        except OSError:
            answer = ""
            self.failed = True
        return answer


def main():
    asker = Asker(OpenAI())
    for row in open("rows.txt").read().splitlines():
        print(row, asker.get(row))
    print(asker.failed)


if __name__ == "__main__":
    main()
