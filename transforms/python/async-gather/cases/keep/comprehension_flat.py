# keep: PM103
from openai import OpenAI

client = OpenAI()
enough = False


def ask(model, question):
    global enough
    reply = client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}])
    # what comes next is decided here, and would be decided too early
    enough = True
    return reply.choices[0].message.content


def compare(models: list, questions: list):
    return [ask(model, question) for model in models for question in questions if not enough]


print(compare(["small", "large"], ["Why?", "How?"]))
