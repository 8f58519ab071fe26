import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(question):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


async def main():
    questions = json.load(open("questions.json"))
    answers = [await ask(question) for question in questions]
    by_question = {question: await ask("again: " + question) for question in questions if len(question) > 3}
    print(answers, by_question)


asyncio.run(main())
