# A handler of everything answers to no rate limit.
import json

import openai

client = openai.OpenAI()
for prompt in json.load(open("prompts.json")):
    try:
        response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
        print(response.choices[0].message.content)
    except Exception as error:
        print("failed:", error)
