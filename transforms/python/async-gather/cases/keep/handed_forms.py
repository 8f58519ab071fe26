# What is read in front of the wait, a handler that would see more, a worker's own variables, a wait that may not come.
# keep: PM100, PM101, PM302
import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor

from openai import AsyncOpenAI, OpenAI

client = OpenAI()
other = AsyncOpenAI()
own = threading.local()


def ask(question):
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def ask_awaited(question):
    response = await other.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


def ask_own(question):
    return ask(getattr(own, "prefix", "") + question)


def read_first(rows, executor=ThreadPoolExecutor(8)):
    for row in rows:
        print(executor.submit(ask, row["question"]).result())


def handled(rows):
    with ThreadPoolExecutor(8) as executor:
        for row in rows:
            future = executor.submit(ask, row["question"])
            try:
                print(future.result())
            except KeyError:
                print("no answer")


def printed(questions):
    with ThreadPoolExecutor(8) as executor:
        for question in questions:
            future = executor.submit(ask, question)
            print("asked", question)
            print(future.result())


def perhaps(questions):
    with ThreadPoolExecutor(8) as executor:
        for question in questions:
            future = executor.submit(ask, question)
            print(question and future.result())


def of_worker(questions):
    with ThreadPoolExecutor(8) as executor:
        for question in questions:
            print(executor.submit(ask_own, question).result())


def chained(questions):
    answer = ""
    with ThreadPoolExecutor(8) as executor:
        for question in questions:
            answer = executor.submit(ask, question + answer).result()
    return answer


def handed_on(questions):
    with ThreadPoolExecutor(8) as executor:
        for question in questions:
            print(executor.submit(ask, question).result())
            end(executor)


def end(executor):
    executor.shutdown()


def entered(questions):
    with ThreadPoolExecutor(8) as executor:
        for question in questions:
            print(executor.submit(asyncio.run, ask_awaited(question)).result())


def one_loop(questions):
    loop = asyncio.new_event_loop()
    for question in questions:
        print(loop.run_until_complete(ask_awaited(question)))


def many_loops(questions):
    for question in questions:
        print(asyncio.run(ask_awaited(question)))


questions = json.load(open("questions.json"))
for form in (printed, perhaps, of_worker, chained, handed_on, entered, one_loop, many_loops):
    form(questions)
read_first(questions)
handled(questions)
