# keep: PM112
import time

from openai import OpenAI


class Asker:
    """The flag that one item waits for is set by another."""

    def __init__(self, client):
        self.client = client
        self.done = False

    def ask(self, text):
        reply = self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
        return reply.choices[0].message.content

    def get(self, text):
        self.done = False
        while not self.done:
            try:
                answer = self.ask(text)
                self.done = True
            except OSError:
                time.sleep(1)
        return answer


def main():
    asker = Asker(OpenAI())
    for row in open("rows.txt").read().splitlines():
        print(row, asker.get(row))


if __name__ == "__main__":
    main()
