# The times are also printed, or summed up.
# keep: PM119, PM120, PM904
import json
import time

from openai import OpenAI

client = OpenAI()
RATE = 5


def ask(question):
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return r.choices[0].message.content


def printed(questions):
    last = 0
    for question in questions:
        elapsed = time.time() - last
        if elapsed < 1 / RATE:
            time.sleep(1 / RATE - elapsed)
        last = time.time()
        print(elapsed, ask(question))


def longer_after_long_answers(questions):
    for question in questions:
        start = time.monotonic()
        answer = ask(question)
        time.sleep(max(0, len(answer) - (time.monotonic() - start)))


def main():
    questions = json.load(open("questions.json"))
    printed(questions)
    longer_after_long_answers(questions)


if __name__ == "__main__":
    main()
