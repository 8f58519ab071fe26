# keep: PM101
import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def main():
    names = json.load(open("names.json"))
    found = []
    text = ""
    for name in names:
        first = await client.completions.create(model="davinci-002", prompt=name + text)
        text = first.choices[0].text
        second = await client.completions.create(model="davinci-002", prompt=name + text)
        found.append((name, second.choices[0].text))
    print(found)


asyncio.run(main())
