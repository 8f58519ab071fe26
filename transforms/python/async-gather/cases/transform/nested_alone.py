# The inner loops alone: what is around them would see that they are one.
from openai import OpenAI

client = OpenAI()


def ask(model, question):
    response = client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


def read_behind(groups: list):
    for group in groups:
        for question in list(group):
            print(ask("small", question))
    # also where the last group is empty
    print(group)


def told_between(models: list, questions: list):
    for model in models:
        print(model)
        for question in questions:
            print(ask(model, question))


def shrinks(models: list, questions: list):
    for model in models:
        for question in questions:
            print(ask(model, question))
            questions = questions[:2]


def looked_at_later(models: list, questions: list):
    later = []
    for model in models:
        for question in questions:
            answer = ask(model, question)
            later.append((lambda: model, answer))
    print([name() for name, _ in later])


read_behind([["Why?", "How?"], []])
told_between(["small", "large"], ["Why?"])
shrinks(["small", "large"], ["Why?", "How?", "When?"])
looked_at_later(["small", "large"], ["Why?", "How?"])
