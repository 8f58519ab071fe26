# keep: PM111
# The environment by another name, and what the calls read of it.
import os

import openai

environment = os.environ
for line in open("questions.txt").read().splitlines():
    reply = openai.Completion.create(engine="davinci", prompt=line, temperature=0.0, api_key=os.getenv("KEY"))
    environment["KEY"] = reply["choices"][0]["text"]
