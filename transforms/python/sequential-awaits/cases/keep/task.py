# Something runs between the start and the wait; a task that is kept, named, or cancelled; two at once.
# keep: PM100, PM902, PM904
import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(question):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def main():
    questions = json.load(open("questions.json"))
    running = set()
    for question in questions:
        task = asyncio.create_task(ask(question))
        await asyncio.sleep(0)
        print(await task)
    for question in questions:
        task = asyncio.create_task(ask(question))
        running.add(task)
        print(await task)
    for question in questions:
        task = asyncio.create_task(ask(question), name=question)
        print(await task)
    for question in questions:
        first = asyncio.create_task(ask(question))
        second = asyncio.create_task(ask("again: " + question))
        print(await first, await second)
    for question in questions:
        task = asyncio.create_task(ask(question + "?"))
        try:
            print(await task)
        except TypeError:
            print("no question")


asyncio.run(main())
