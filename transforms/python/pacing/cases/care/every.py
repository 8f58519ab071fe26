import json
import time

from openai import OpenAI

client = OpenAI()


def ask(question):
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return r.choices[0].message.content


def every_tenth(questions):
    for i, question in enumerate(questions):
        if i > 0 and i % 10 == 0:
            print("a pause")
            time.sleep(60)
        print(ask(question))


def counted(questions):
    count = 0
    for question in questions:
        print(ask(question))
        count += 1
        if count % 50 == 0:
            time.sleep(60)


def main():
    questions = json.load(open("questions.json"))
    every_tenth(questions)
    counted(questions)


if __name__ == "__main__":
    main()
