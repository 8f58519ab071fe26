# In a function inside the method it would be another object.
# keep: PM904
from openai import OpenAI

client = OpenAI()


class Solver:
    def solve(self, question):
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
        return r.choices[0].message.content


class Careful(Solver):
    def run(self, questions: list):
        for question in questions:
            print(question, super().solve("Carefully: " + question))


Careful().run(["a", "b"])
