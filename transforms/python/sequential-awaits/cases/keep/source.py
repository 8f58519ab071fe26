# Each item may have to be waited for.
# keep: PM904
import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(question):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def questions():
    for question in json.load(open("questions.json")):
        yield question


async def main():
    async for question in questions():
        print(await ask(question))


asyncio.run(main())
