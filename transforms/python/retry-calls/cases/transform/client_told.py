# How often the client asks again is counted in.
import json

import openai

client = openai.OpenAI(max_retries=4)
prompts = json.load(open("prompts.json"))
for prompt in prompts:
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    print(response.choices[0].message.content)
