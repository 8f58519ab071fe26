# keep: PM100
# Something is done in between, and the pool asks for what nobody waits for at once.
import json
from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI

client = OpenAI()
questions = json.load(open("questions.json"))


def ask(question):
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


def main():
    with ThreadPoolExecutor(max_workers=8) as pool:
        for question in questions:
            print(pool.submit(ask, question).result(timeout=3))
        for question in questions:
            future = pool.submit(ask, question)
            print("asked", question)
            print(future.result())


main()
