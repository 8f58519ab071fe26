import json
import time

from openai import OpenAI

client = OpenAI()
RATE = 5


def ask(question):
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return r.choices[0].message.content


def since_the_last(questions):
    last = 0
    for question in questions:
        elapsed = time.time() - last
        if elapsed < 1 / RATE:
            time.sleep(1 / RATE - elapsed)
        last = time.time()
        print(ask(question))


def what_is_left(questions):
    for question in questions:
        start = time.monotonic()
        print(ask(question))
        # the rest of the time
        time.sleep(max(0, 1.2 - (time.monotonic() - start)))


def main():
    questions = json.load(open("questions.json"))
    since_the_last(questions)
    what_is_left(questions)


if __name__ == "__main__":
    main()
