# A worker's thread begins with a context of its own: what main sets there holds in main only.
# keep: PM100
import decimal
import json
from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI

client = OpenAI()
decimal.getcontext().prec = 5


def ask(question):
    third = str(decimal.Decimal(1) / 3)
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question + third}])
    return response.choices[0].message.content


def main():
    questions = json.load(open("questions.json"))
    with ThreadPoolExecutor(8) as executor:
        for question in questions:
            future = executor.submit(ask, question)
            print(question, future.result())


main()
