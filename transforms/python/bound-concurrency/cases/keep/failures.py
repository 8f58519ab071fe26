# Whether failures are answers is decided by an option.
# keep: PM904
import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(question):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def main(lenient=True):
    questions = json.load(open("questions.json"))
    print(await asyncio.gather(*[ask(question) for question in questions], return_exceptions=lenient))


asyncio.run(main())
