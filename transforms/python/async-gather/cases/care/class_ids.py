from openai import OpenAI

client = OpenAI()
import itertools


class Row:
    ids = itertools.count(1)
    tags = []

    def __init__(self, text, notes=[], extra={}):
        self.id = next(self.ids)
        self.text = text
        self.tags = ["new"]
        self.tags.append(str(self.id))
        self.notes = list(notes)


def ask(text):
    r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}])
    return r.choices[0].message.content


def run(texts):
    rows = []
    for text in texts:
        answer = ask(text)
        rows.append(Row(answer))
    return rows


print([(row.id, row.text, row.tags) for row in run(["a", "b", "c", "d"])])
