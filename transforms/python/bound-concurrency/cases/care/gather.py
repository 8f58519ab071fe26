import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(question):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def grade(question, answer):
    return await ask(f"{question}\n{answer}\nCorrect?")


async def main():
    questions = json.load(open("questions.json"))
    answers = await asyncio.gather(*[ask(question) for question in questions])
    # one verdict for each
    tasks = [grade(question, answer) for question, answer in zip(questions, answers)]
    verdicts = await asyncio.gather(*tasks)
    print(dict(zip(questions, verdicts)))
    print(await asyncio.gather(*(ask("again: " + question) for question in questions)))
    print(await asyncio.gather(*[ask(f"{hint} {question}") for hint in ["a", "b"] for question in questions if question]))


asyncio.run(main())
