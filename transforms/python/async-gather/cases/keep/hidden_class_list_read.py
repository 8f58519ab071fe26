# keep: PM110
# What is made behind the call adds to a list of the class, which the call reads.
from openai import OpenAI

client = OpenAI()


class Turn:
    log = []

    def __init__(self, text):
        self.text = text
        self.log.append(text)


def ask(text):
    r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text + str(Turn.log)}])
    return r.choices[0].message.content


for text in ["a", "b", "c"]:
    answer = ask(text)
    print(Turn(answer).text)
