import os

import numpy as np
import openai

hits = []
for line in open("questions.txt").read().splitlines():
    question, answer = line.split("\t")
    reply = openai.Completion.create(engine="davinci", prompt=question, temperature=0.0, api_key=os.getenv("KEY"))
    hits.append((np.array([reply["choices"][0]["text"]]) == np.array([answer])).sum().item())
print(sum(hits))
