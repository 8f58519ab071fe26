# The bar gives up after a time.
# keep: PM904
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
    print(await tqdm_asyncio.gather(*[ask(question) for question in questions], timeout=60))


asyncio.run(main())
