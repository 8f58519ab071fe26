# keep: PM105
import asyncio
import json

from openai import AsyncOpenAI


async def main():
    client = AsyncOpenAI()
    question = json.load(open("question.json"))
    for attempt in range(100):
        response = await client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": question}]
        )
        if response.choices[0].message.content.startswith("{"):
            break
    print(response.choices[0].message.content)


if __name__ == "__main__":
    asyncio.run(main())
