# A semaphore bounds them.
# keep: PM902
import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()
limit = asyncio.Semaphore(20)


async def ask(question):
    async with limit:
        response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def main():
    questions = json.load(open("questions.json"))
    answers = await asyncio.gather(*[ask(question) for question in questions])
    print(dict(zip(questions, answers)))


asyncio.run(main())
