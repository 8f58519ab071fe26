# keep: PM110
# What is put under the keys is one dict, and the call reads it.
import json

from openai import OpenAI

client = OpenAI()


def ask(model, question, seen):
    content = f"{question} {sorted(seen)}"
    response = client.chat.completions.create(model=model, messages=[{"role": "user", "content": content}])
    return response.choices[0].message.content


def main(models, questions):
    seen = {}
    answers = {}
    for model in models:
        for question in questions:
            answers.setdefault(model, seen)[question] = ask(model, question, seen)
    print(json.dumps(answers))


if __name__ == "__main__":
    main(["a", "b"], json.load(open("questions.json")))
