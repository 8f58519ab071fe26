import json
import time

from openai import OpenAI

client = OpenAI()


def ask(question):
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return r.choices[0].message.content


def between(questions):
    for i, question in enumerate(questions):
        print(ask(question))
        if i < len(questions) - 1:
            time.sleep(1)


def asked_for(questions, pause=None):
    for i, question in enumerate(questions):
        if pause:
            time.sleep(pause)
        print(i, ask(question))


def main():
    questions = json.load(open("questions.json"))
    between(questions)
    asked_for(questions)


if __name__ == "__main__":
    main()
