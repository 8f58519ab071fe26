# keep: PM132
from openai import OpenAI

client = OpenAI()


class Chain:
    def __init__(self, items):
        self.items = items
        self.prefix = "first"

    def answers(self):
        for item in self.items:
            r = client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": self.prefix + item}]
            )
            yield item, r.choices[0].message.content

    def go(self):
        for item, answer in self.answers():
            self.prefix = answer
            print(item, answer)


Chain(["a", "b", "c"]).go()
