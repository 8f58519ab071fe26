# on request
# keep: PM604
import json
import time

import openai

client = openai.OpenAI(max_retries=0)


def ask(prompt):
    messages = [{"role": "user", "content": prompt}]
    for attempt in range(5):
        try:
            return client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content
        except openai.RateLimitError:
            time.sleep(1)


prompts = json.load(open("prompts.json"))
for prompt in prompts:
    print(prompt, ask(prompt))
