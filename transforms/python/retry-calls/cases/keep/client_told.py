# The client is told not to ask again.
# keep: nothing
import json

import openai

RETRIES = 0
client = openai.OpenAI(max_retries=RETRIES)
prompts = json.load(open("prompts.json"))
for prompt in prompts:
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    print(response.choices[0].message.content)
