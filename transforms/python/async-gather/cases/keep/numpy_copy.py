# `asarray` of an array is that array.
# keep: PM110
import json

import numpy as np
from openai import OpenAI

client = OpenAI()


def ask(question):
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


questions = json.load(open("questions.json"))
state = np.array([1.0, 2.0])
alias = np.asarray(state)
for question in questions:
    answer = ask(f"SCORE {question} {(state > 1).sum().item()}")
    alias[0] = int(answer) + 2
    print(answer)
