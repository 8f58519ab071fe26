# Groups of any length, and all of them behind the first.
import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(question):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def main():
    groups = json.load(open("groups.json"))
    for group in groups:
        print(await asyncio.gather(*[ask(question) for question in group]))
    for group in groups:
        rest = group[1:]
        print(await asyncio.gather(*[ask(question) for question in rest]))


asyncio.run(main())
