# It stops at the first answer that will do; and a generator that somebody else goes through.
# keep: PM904, PM115
import json

from openai import OpenAI

client = OpenAI()


def ask(question):
    response = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


def lazily(questions):
    return (ask(question) for question in questions)


def main():
    questions = json.load(open("questions.json"))
    print(any(ask(question) == "yes" for question in questions))
    for answer in lazily(questions):
        print(answer)


if __name__ == "__main__":
    main()
