# Only some items wait, and nobody knows how many.
# keep: PM120, PM904
import json
import time

from openai import OpenAI

client = OpenAI()


def ask(question):
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return r.choices[0].message.content


def long_ones(questions):
    for i, question in enumerate(questions):
        print(ask(question))
        if len(question) > 100:
            time.sleep(1)


def at_first(questions):
    for i, question in enumerate(questions):
        print(ask(question))
        if i < 3:
            time.sleep(1)


def main():
    questions = json.load(open("questions.json"))
    long_ones(questions)
    at_first(questions)


if __name__ == "__main__":
    main()
