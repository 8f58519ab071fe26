# One of the loops retries by hand, so the call is made once each time for both.
# keep: nothing
import time

import openai


def ask(question):
    r = openai.ChatCompletion.create(model="m", messages=[{"role": "user", "content": question}])
    return r["choices"][0]["message"]["content"]


def robust(questions: list):
    for question in questions:
        try:
            answer = ask(question)
        except openai.error.RateLimitError:
            time.sleep(1)
            answer = ask(question)
        print(answer)


def plain(questions: list):
    for question in questions:
        print(ask(question))


robust(["a", "b"])
plain(["c", "d"])
