# What runs in the threads adds to one list, and asks it.
# keep: PM112
import asyncio
import json

from openai import OpenAI

client = OpenAI()
history = []


def ask(question):
    history.append({"role": "user", "content": question})
    r = client.chat.completions.create(model="m", messages=history)
    return r.choices[0].message.content


async def answer(question):
    return await asyncio.to_thread(ask, question)


async def main():
    questions = json.load(open("questions.json"))
    answers = {}
    for question in questions:
        answers[question] = await asyncio.to_thread(ask, question)
    for question in questions:
        answers[question] = await answer(question)
    print(answers)


asyncio.run(main())
