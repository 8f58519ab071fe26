# on request
# keep: PM604
import json
import time

import openai

client = openai.OpenAI()


def ask(prompt, tries=0):
    messages = [{"role": "user", "content": prompt}]
    for attempt in range(tries):
        try:
            return client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content
        except openai.RateLimitError:
            time.sleep(1)


prompts = json.load(open("prompts.json"))
for prompt in prompts:
    print(prompt, ask(prompt))
