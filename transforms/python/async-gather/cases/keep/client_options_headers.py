# keep: nothing
# Other headers may mean other answers: such a copy is not followed.
import json

from openai import OpenAI

client = OpenAI()
for question in json.load(open("questions.json")):
    response = client.with_options(default_headers={"x-key": question}).chat.completions.create(
        model="m", messages=[{"role": "user", "content": "continue"}], temperature=0
    )
    print(response.choices[0].message.content)
