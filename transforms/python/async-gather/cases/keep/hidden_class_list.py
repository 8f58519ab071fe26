# keep: PM111
# The list is of the class, and stands in the order in which the objects are made.
from openai import OpenAI

client = OpenAI()


class Answer:
    all = []

    def __init__(self, text):
        self.text = text
        self.all.append(text)


def ask(text):
    r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}])
    return Answer(r.choices[0].message.content)


for text in ["a", "b", "c", "d"]:
    answer = ask(text)
    print(answer.text, Answer.all)
