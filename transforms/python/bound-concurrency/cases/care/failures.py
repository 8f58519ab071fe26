import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(question):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def main():
    questions = json.load(open("questions.json"))
    answers = await asyncio.gather(*[ask(question) for question in questions], return_exceptions=True)
    failed = [answer for answer in answers if isinstance(answer, Exception)]
    calls = []
    for question in questions:
        prompt = question["text"]
        calls.append(ask(prompt + question["end"]))
    others = await asyncio.gather(*calls, return_exceptions=True)
    print(len(failed), others)


asyncio.run(main())
