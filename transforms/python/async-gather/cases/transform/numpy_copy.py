# What stays on its own: `array` copies.
import json

import numpy as np
from openai import OpenAI

client = OpenAI()


def ask(question):
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


questions = json.load(open("questions.json"))
state = np.array([1.0, 2.0])
kept = np.array(state)
for question in questions:
    answer = ask(f"SCORE {question} {(state > 1).sum().item()}")
    kept[0] = np.maximum(int(answer), 2)
    print(answer)
