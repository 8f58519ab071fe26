# Bounded further down; a list of coroutines that is awaited elsewhere.
# keep: PM902, PM904
import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()
gate = asyncio.Semaphore(20)


async def ask(question):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def guarded(question):
    async with gate:
        return await ask(question)


async def main():
    questions = json.load(open("questions.json"))
    answers = await asyncio.gather(*map(guarded, questions))
    calls = list(map(lambda answer: ask("again: " + answer), answers))
    print(len(calls), await asyncio.gather(*calls))


asyncio.run(main())
