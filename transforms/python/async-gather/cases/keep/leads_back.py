# keep: PM110
from openai import OpenAI

client = OpenAI()


class Child:
    def __init__(self, parent):
        self.parent = parent

    def ask(self, question):
        return client.responses.create(model="gpt-4o-mini", input=f"{self.parent.answered}: {question}").output_text


class Parent:
    def __init__(self):
        self.answered = 0
        self.child = Child(self)


parent = Parent()
child = parent.child
for question in ["a", "b", "c"]:
    print(child.ask(question))
    parent.answered += 1
print(parent.answered)
