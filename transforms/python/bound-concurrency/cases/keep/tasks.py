# How many there are is printed, tasks in a dict, a wait between the starts, answers as they come, and a group.
# keep: PM902, PM904
import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(question):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def count(questions):
    tasks = []
    for question in questions:
        tasks.append(asyncio.create_task(ask(question)))
    print(len(tasks))
    return await asyncio.gather(*tasks)


async def named(questions):
    tasks = {}
    for question in questions:
        tasks[question] = asyncio.create_task(ask(question))
    return {question: await task for question, task in tasks.items()}


async def slowly(questions):
    tasks = []
    for question in questions:
        tasks.append(asyncio.create_task(ask(question)))
        await asyncio.sleep(0.1)
    return await asyncio.gather(*tasks)


async def as_they_come(questions):
    tasks = [asyncio.create_task(ask(question)) for question in questions]
    return [await task for task in asyncio.as_completed(tasks)]


async def grouped(questions):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(question)) for question in questions]
    return [task.result() for task in tasks]


async def main():
    questions = json.load(open("questions.json"))
    for form in (count, named, slowly, as_they_come, grouped):
        print(await form(questions))


asyncio.run(main())
