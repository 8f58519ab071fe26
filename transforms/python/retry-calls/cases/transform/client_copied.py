import json

import openai

client = openai.OpenAI(max_retries=0)
for prompt in json.load(open("prompts.json")):
    response = client.with_options(max_retries=4).chat.completions.create(
        model="m", messages=[{"role": "user", "content": prompt}]
    )
    print(response.choices[0].message.content)
