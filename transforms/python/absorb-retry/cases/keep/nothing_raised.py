# on request
# keep: PM604
import json
import time

import openai

client = openai.OpenAI()


def ask(prompt):
    for attempt in range(5):
        try:
            return client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": prompt}])
        except openai.RateLimitError:
            time.sleep(attempt)
    raise RuntimeError("too busy")


prompts = json.load(open("prompts.json"))
for prompt in prompts:
    print(prompt, ask(prompt))
