import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(question):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def main():
    questions = json.load(open("questions.json"))
    tasks = []
    for question in questions:
        tasks.append(asyncio.create_task(ask(question)))
    answers = await asyncio.gather(*tasks)

    # with the number of each
    calls = []
    for number, question in zip(range(len(questions)), questions):
        # what it is asked
        prompt = f"{number}. {question}"
        calls.append(asyncio.ensure_future(ask(prompt)))
    numbered = await asyncio.gather(*calls)

    loop = asyncio.get_running_loop()
    again = [loop.create_task(ask(question)) for question in questions]
    verdicts = []
    for task in again:
        verdicts.append(await task)
    last = [asyncio.create_task(ask("last: " + question)) for question in questions]
    print(answers, numbered, verdicts, [await task for task in last])


asyncio.run(main())
