# A copy of the client is told so.
# keep: nothing
import json

import openai

client = openai.OpenAI()
patient = openai.OpenAI(max_retries=0).with_options(timeout=60)
for prompt in json.load(open("prompts.json")):
    response = client.with_options(max_retries=0).chat.completions.create(
        model="m", messages=[{"role": "user", "content": prompt}]
    )
    print(response.choices[0].message.content)
for prompt in json.load(open("others.json")):
    response = patient.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    print(response.choices[0].message.content)
