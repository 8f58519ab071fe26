# A retry by hand stays, and is the only one.
# keep: PM105
import json
import time

import openai


def complete(prompt):
    for attempt in range(5):
        try:
            response = openai.Completion.create(model="davinci-002", prompt=prompt, max_tokens=20)
            return response["choices"][0]["text"]
        except openai.error.OpenAIError as error:
            print(error)
            time.sleep(2**attempt)


prompts = json.load(open("prompts.json"))
texts = {}
for prompt in prompts:
    texts[prompt] = complete(prompt)
json.dump(texts, open("texts.json", "w"))
