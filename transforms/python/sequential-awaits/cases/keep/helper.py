# keep: PM101
import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(question, history):
    response = await client.chat.completions.create(
        model="gpt-4o",
        messages=[*history, {"role": "user", "content": question}],
    )
    return response.choices[0].message.content


async def main():
    with open("questions.json") as f:
        questions = json.load(f)
    history = []
    for question in questions:
        answer = await ask(question, history)
        history = history + [{"role": "assistant", "content": answer}]
    with open("answers.json", "w") as f:
        json.dump(history, f)


asyncio.run(main())
