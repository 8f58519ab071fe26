# keep: PM101
# How long a call may take depends on the answer before.
import json

from openai import OpenAI

client = OpenAI()
seconds = 10
for question in json.load(open("questions.json")):
    response = client.with_options(timeout=seconds).chat.completions.create(
        model="m", messages=[{"role": "user", "content": question}]
    )
    seconds = 10 + len(response.choices[0].message.content)
    print(response.choices[0].message.content)
