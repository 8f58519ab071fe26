import asyncio
import json

from openai import OpenAI

client = OpenAI()


def ask(question, model="m"):
    r = client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}])
    return r.choices[0].message.content


async def main():
    answers = {}
    for question in json.load(open("questions.json")):
        answers[question] = await asyncio.to_thread(ask, question, model="n")
    print(answers)


asyncio.run(main())
