# keep: PM111
# The list is of the base, and the next request is made of it.
from openai import OpenAI

client = OpenAI()


class Turn:
    log = []

    def __init__(self, text):
        self.log += [text]


class Question(Turn):
    pass


def ask(text):
    question = Question(text)
    r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": str(question.log)}])
    return r.choices[0].message.content


answers = [ask(text) for text in ["a", "b", "c"]]
print(answers)
