# So is one that a class or a function makes, one that is handed on, and a call by itself.
# keep: nothing
import asyncio
import json

import anthropic
import litellm
from openai import AsyncOpenAI


class Judge:
    def __init__(self):
        self.client = anthropic.Anthropic(max_retries=0)

    def ask(self, text):
        return self.client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": text}])


async def complete(client, prompt):
    response = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return response.choices[0].message.content


async def main(prompts: list):
    client = AsyncOpenAI(max_retries=0)
    for prompt in prompts:
        print(await complete(client, prompt))


judge = Judge()
for text in json.load(open("texts.json")):
    print(judge.ask(text).content[0].text)
for text in json.load(open("others.json")):
    print(litellm.completion(model="m", messages=[{"role": "user", "content": text}], num_retries=0).id)
asyncio.run(main(json.load(open("prompts.json"))))
