# A batch at a time: what a batch holds is the bound.
# keep: PM902, PM904
import asyncio
import json
from itertools import batched

from openai import AsyncOpenAI

client = AsyncOpenAI()
SIZE = 20


async def ask(question):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def main():
    questions = json.load(open("questions.json"))
    answers = []
    for start in range(0, len(questions), SIZE):
        answers += await asyncio.gather(*[ask(question) for question in questions[start : start + SIZE]])
    for start in range(0, len(questions), SIZE):
        batch = questions[start : start + SIZE]
        tasks = [asyncio.create_task(ask(question)) for question in batch]
        answers.extend(await asyncio.gather(*tasks))
    for batch in batched(questions, SIZE):
        answers.extend(await asyncio.gather(*(ask(question) for question in batch)))
    for batch in [questions[i : i + SIZE] for i in range(0, len(questions), SIZE)]:
        answers.extend(await asyncio.gather(*[ask(question) for question in batch]))
    print(answers)


asyncio.run(main())
