# on request
# keep: PM604
import json
import time

import openai

client = openai.OpenAI()
TRIES = 5


def ask(prompt):
    messages = [{"role": "user", "content": prompt}]
    for attempt in range(TRIES):
        try:
            return client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content
        except openai.RateLimitError:
            print("once more", attempt)
            time.sleep(2 ** attempt)


prompts = json.load(open("prompts.json"))
for prompt in prompts:
    print(prompt, ask(prompt))
