# keep: PM105
import itertools

import openai

client = openai.OpenAI()


def run():
    for seed in itertools.count():
        messages = [{"role": "user", "content": f"Write riddle number {seed}."}]
        r = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
        if r.choices[0].message.content.endswith("?"):
            break
    return seed
