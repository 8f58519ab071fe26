# on request
import json
from time import sleep

from openai import APITimeoutError, OpenAI, RateLimitError

client = OpenAI()


def ask(prompt):
    for _ in range(3):
        try:
            return client.chat.completions.create(
                model="gpt-4o",
                messages=[{"role": "user", "content": prompt}],
                temperature=0,
            )
        except (RateLimitError, APITimeoutError) as e:
            sleep(10)
    return None


prompts = json.load(open("prompts.json"))
for prompt in prompts:
    print(prompt, ask(prompt))
