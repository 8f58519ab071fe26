# A semaphore bounds them; and a failure that is an answer.
# keep: PM902, PM904
import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()
limit = asyncio.Semaphore(20)


async def ask(question):
    async with limit:
        response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def other(question):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def main():
    questions = json.load(open("questions.json"))
    answers = await asyncio.gather(*[ask(question) for question in questions])
    others = await asyncio.gather(*[other(question) for question in questions], return_exceptions=True)
    print(dict(zip(questions, answers)), others)


asyncio.run(main())
