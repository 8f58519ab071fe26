import random

import openai
from tenacity import retry, stop_after_attempt, wait_random_exponential

client = openai.OpenAI()
random.seed(0)


@retry(wait=wait_random_exponential(max=60), stop=stop_after_attempt(6))
def ask(question):
    r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": question}])
    return r.choices[0].message.content


def run(questions):
    for question in questions:
        answers = [ask(question), "none of these"]
        random.shuffle(answers)
        print(answers)
