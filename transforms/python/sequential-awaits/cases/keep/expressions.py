# Calls of two loops in one expression.
# keep: PM904
import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(question):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def main():
    groups = json.load(open("groups.json"))
    answers = [await ask(question) for group in groups for question in group]
    print(answers)


asyncio.run(main())
