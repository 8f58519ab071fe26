# Workers bound their calls; and calls that are handed over and waited for one by one.
# keep: PM902, PM100
import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI

client = OpenAI()


def ask(question):
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


def pooled(questions):
    with ThreadPoolExecutor(max_workers=8) as pool:
        futures = [pool.submit(ask, question) for question in questions]
    return [future.result() for future in futures]


async def gathered(questions):
    loop = asyncio.get_running_loop()
    tasks = [loop.run_in_executor(None, ask, question) for question in questions]
    return await asyncio.gather(*tasks)


def one_by_one(questions):
    answers = []
    with ThreadPoolExecutor() as pool:
        for question in questions:
            future = pool.submit(ask, question)
            answers.append(future.result(timeout=10))
        for question in questions:
            answers.append(pool.submit(ask, question).result(10))
    return answers


async def awaited(questions):
    loop = asyncio.get_running_loop()
    for question in questions:
        print(await loop.run_in_executor(None, ask, question))


def threads(questions):
    for question in questions:
        thread = threading.Thread(target=ask, args=(question,))
        thread.start()
        thread.join()


def started(questions):
    running = []
    for question in questions:
        thread = threading.Thread(target=ask, args=(question,))
        thread.start()
        running.append(thread)
    for thread in running:
        thread.join()


questions = json.load(open("questions.json"))
print(pooled(questions), asyncio.run(gathered(questions)), one_by_one(questions))
