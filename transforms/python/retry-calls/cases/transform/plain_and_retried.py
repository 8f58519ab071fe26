import time

import openai


def ask(question):
    r = openai.ChatCompletion.create(model="m", messages=[{"role": "user", "content": question}])
    return r["choices"][0]["message"]["content"]


def describe(word):
    r = openai.Completion.create(model="davinci-002", prompt=word)
    return r["choices"][0]["text"]


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
        print(ask(question), describe(question))


robust(["a", "b"])
plain(["c", "d"])
