# keep: PM110
# The list that a constructor has as its default is one for all objects.
from openai import OpenAI

client = OpenAI()


class Chat:
    def __init__(self, system="Answer briefly.", history=[]):
        self.system = system
        self.history = history


def run(texts):
    answers = []
    for text in texts:
        chat = Chat()
        r = client.chat.completions.create(model="gpt-4o-mini", messages=chat.history + [{"role": "user", "content": text}])
        answer = r.choices[0].message.content
        chat.history += [{"role": "user", "content": text}, {"role": "assistant", "content": answer}]
        answers.append(answer)
    return answers


print(run(["a", "b", "c", "d"]))
