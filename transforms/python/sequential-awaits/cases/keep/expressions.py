# The answers decide what is in the list.
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
    answers = [question for group in groups for question in group if await ask(question)]
    print(answers)


asyncio.run(main())
