import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(question):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def main():
    questions = json.load(open("questions.json"))
    for question in questions:
        task = asyncio.create_task(ask(question))
        answer = await task
        print(question, answer)
    for question in questions:
        task = asyncio.ensure_future(ask(question))
        try:
            print(await task)
        except OSError:
            print("no answer")


asyncio.run(main())
