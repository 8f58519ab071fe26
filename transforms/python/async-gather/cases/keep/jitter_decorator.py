# keep: PM118
import random
import time

import openai

client = openai.OpenAI()
random.seed(0)


def ask(question):
    while True:
        try:
            r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": question}])
            return r.choices[0].message.content
        except openai.RateLimitError:
            time.sleep(random.random())


def run(questions):
    for question in questions:
        answers = [ask(question), "none of these"]
        random.shuffle(answers)
        print(answers)
