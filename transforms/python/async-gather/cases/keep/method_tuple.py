# keep: PM110
# What the answers are put into is a part of the next request.
from openai import OpenAI

client = OpenAI()
SHARED = {}


class Experiment:
    def __init__(self, texts):
        self.texts, self.out = list(texts), SHARED

    def ask(self, text):
        r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text + str(SHARED)}])
        return r.choices[0].message.content

    def run(self):
        for text in self.texts:
            self.out[text] = self.ask(text)
        return self.out


print(Experiment(["a", "b", "c"]).run())
