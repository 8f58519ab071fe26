# The answers go into dicts of dicts, whose keys are the loops' items.
import json

from openai import OpenAI

client = OpenAI()


def ask(model, question):
    response = client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


def main(models, questions):
    answers = {model: {} for model in models}
    lengths = {}
    for model in models:
        for question in questions:
            answer = ask(model, question)
            answers[model][question] = answer
            lengths.setdefault(question, []).append(len(answer))
    print(json.dumps([answers, lengths]))


if __name__ == "__main__":
    main(["a", "b"], json.load(open("questions.json")))
