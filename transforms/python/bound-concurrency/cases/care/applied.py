import asyncio
import json

from openai import AsyncOpenAI
from tqdm.asyncio import tqdm

client = AsyncOpenAI()


async def ask(question):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def main():
    questions = json.load(open("questions.json"))
    answers = await asyncio.gather(*map(ask, questions))
    print(await tqdm.gather(*map(ask, answers), desc="again"))


asyncio.run(main())
