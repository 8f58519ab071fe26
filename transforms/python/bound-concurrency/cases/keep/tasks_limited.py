# Bounded further down, by a semaphore of another name and by a limiter that is asked.
# keep: PM902
import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(question):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


gate = asyncio.Semaphore(20)


async def guarded(question):
    async with gate:
        return await ask(question)


async def asked(limiter, question):
    await limiter.acquire()
    return await ask(question)


async def outer(question):
    return await guarded(question)


async def main():
    questions = json.load(open("questions.json"))
    tasks = []
    for question in questions:
        tasks.append(asyncio.create_task(outer(question)))
    answers = await asyncio.gather(*tasks)
    print(answers, await asyncio.gather(*[asked(gate, question) for question in questions]))


asyncio.run(main())
