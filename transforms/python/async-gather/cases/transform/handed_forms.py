import concurrent.futures
import json

from openai import OpenAI

WORKERS = 4
client = OpenAI()
questions = json.load(open("questions.json"))
shared = concurrent.futures.ThreadPoolExecutor(WORKERS)


def ask(question):
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


def pool_for_each():
    for question in questions:
        with concurrent.futures.ThreadPoolExecutor() as executor:
            future = executor.submit(
                client.chat.completions.create,
                model="m",
                messages=[
                    {"role": "user", "content": question},
                ],
            )
            reply = future.result()
        print(reply.choices[0].message.content)


def closed_behind():
    executor = concurrent.futures.ThreadPoolExecutor(2)
    answers = [executor.submit(lambda: ask(question)).result() for question in questions]
    executor.shutdown()
    return answers


def of_the_module():
    for question in questions:
        print(shared.submit(ask, question).result())


class Asker:
    def __init__(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(max_workers=16)

    def all(self):
        for number, question in enumerate(questions):
            future = self.pool.submit(ask, question)
            # The answer is on its way.
            print(number, future.result())

    def close(self):
        self.pool.shutdown()


def two_loops():
    with concurrent.futures.ThreadPoolExecutor(8) as executor:
        for question in questions:
            print(executor.submit(ask, question).result())
        for question in questions:
            print(executor.submit(ask, "again: " + question).result())


for form in (pool_for_each, of_the_module, Asker().all, two_loops):
    form()
print(closed_behind())
