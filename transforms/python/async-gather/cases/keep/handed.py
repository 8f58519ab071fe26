# Two are under way, a time-out, one worker, a worker that is prepared, processes, a pool that is closed on the way.
# keep: PM100, PM902
import json
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from openai import OpenAI

client = OpenAI()


def ask(question):
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


def two(questions):
    with ThreadPoolExecutor(8) as executor:
        for question in questions:
            first = executor.submit(ask, question)
            second = executor.submit(ask, "again: " + question)
            one = first.result()
            print(one, second.result())


def kept(questions):
    futures = []
    with ThreadPoolExecutor(8) as executor:
        for question in questions:
            future = executor.submit(ask, question)
            futures.append(future)
            print(future.result())
    return all(future.done() for future in futures)


def timed(questions):
    with ThreadPoolExecutor(8) as executor:
        for question in questions:
            future = executor.submit(ask, question)
            print(future.result(timeout=30))


def alone(questions):
    with ThreadPoolExecutor(max_workers=1) as executor:
        for question in questions:
            print(executor.submit(ask, question).result())


def prepared(questions):
    with ThreadPoolExecutor(8, initializer=print) as executor:
        for question in questions:
            print(executor.submit(ask, question).result())


def in_processes(questions):
    with ProcessPoolExecutor(8) as executor:
        for question in questions:
            print(executor.submit(ask, question).result())


def closed(questions):
    executor = ThreadPoolExecutor(8)
    for question in questions:
        print(executor.submit(ask, question).result())
        executor.shutdown()


def behind(questions):
    with ThreadPoolExecutor(8) as executor:
        print(executor)
    for question in questions:
        print(executor.submit(ask, question).result())


questions = json.load(open("questions.json"))
for form in (two, kept, timed, alone, prepared, in_processes, closed, behind):
    form(questions)
