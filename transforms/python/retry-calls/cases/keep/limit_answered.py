# The program answers to rate limits in its own way.
# keep: nothing
import json

import openai

client = openai.OpenAI()


def ask(text):
    response = client.completions.create(model="m", prompt=text)
    return response.choices[0].text


for prompt in json.load(open("prompts.json")):
    try:
        response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
        print(response.choices[0].message.content)
    except openai.RateLimitError:
        print("busy")
for text in json.load(open("texts.json")):
    try:
        print(ask(text))
    except (ValueError, openai.RateLimitError) as error:
        print("failed:", error)
