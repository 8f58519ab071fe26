# keep: PM902
# What is awaited for each model makes its calls two at a time, and all models at once would make more.
import asyncio

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(model, question):
    reply = await client.responses.create(model=model, input=question)
    return reply.output_text


async def run(model, questions):
    answers = []
    for at in range(0, len(questions), 2):
        answers += await asyncio.gather(*[ask(model, question) for question in questions[at : at + 2]])
    return answers


async def main():
    questions = open("questions.txt").read().splitlines()
    for model in ["small", "large"]:
        print(model, await run(model, questions))


asyncio.run(main())
