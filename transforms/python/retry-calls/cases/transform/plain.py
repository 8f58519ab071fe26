import json

import openai


def complete(prompt):
    response = openai.Completion.create(model="davinci-002", prompt=prompt, max_tokens=20)
    return response["choices"][0]["text"]


prompts = json.load(open("prompts.json"))
texts = {}
for prompt in prompts:
    texts[prompt] = complete(prompt)
json.dump(texts, open("texts.json", "w"))
