import json

import httpx
from openai import OpenAI

client = OpenAI(http_client=httpx.Client(verify="company.pem"))

with open("questions.json") as f:
    questions = json.load(f)

for question in questions:
    reply = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": question}])
    print(reply.choices[0].message.content)
