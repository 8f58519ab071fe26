import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(question):
    response = await client.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "user", "content": question}],
    )
    return response.choices[0].message.content


async def main():
    with open("questions.json") as f:
        questions = json.load(f)
    answers = {}
    for question in questions:
        answers[question] = await ask(question)
    with open("answers.json", "w") as f:
        json.dump(answers, f)


asyncio.run(main())
