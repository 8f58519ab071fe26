import asyncio
import json

from openai import AsyncOpenAI
from tqdm.asyncio import tqdm_asyncio

client = AsyncOpenAI()


async def ask(question):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def main():
    questions = json.load(open("questions.json"))
    tasks = [ask(question) for question in questions]
    answers = await tqdm_asyncio.gather(*tasks, desc="asking", total=len(tasks))
    print(answers, await tqdm_asyncio.gather(*[ask("again: " + question) for question in questions]))


asyncio.run(main())
