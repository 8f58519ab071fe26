# What is counted is not the items.
# keep: PM120, PM904
import json
import time

from openai import OpenAI

client = OpenAI()


def ask(question):
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return r.choices[0].message.content


def long_ones(questions):
    count = 0
    for question in questions:
        answer = ask(question)
        if len(answer) > 100:
            count += 1
        if count % 50 == 0:
            time.sleep(60)


def in_steps(questions):
    for i in range(0, len(questions), 10):
        print(ask(questions[i]))
        if i % 10 == 0:
            time.sleep(60)


def main():
    questions = json.load(open("questions.json"))
    long_ones(questions)
    in_steps(questions)


if __name__ == "__main__":
    main()
