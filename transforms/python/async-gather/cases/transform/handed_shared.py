import json
from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI

client = OpenAI()
questions = json.load(open("questions.json"))


def ask(question):
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


# A pool that two loops share goes with both of them, and the import of its class with the last.
def main():
    total = 0
    with ThreadPoolExecutor(max_workers=8) as pool:
        print(
            "first",
            len(questions),
        )
        for question in questions:
            answer = pool.submit(ask, question).result()
            print(f"""{question}:
        {answer}""")
            total += 1

        for question in questions:
            future = pool.submit(
                ask,
                "again: " + question,
            )
            # The answer is on its way.
            print(future.result())
    print(total)


def alone():
    with ThreadPoolExecutor(4) as workers:
        for question in questions:
            print(workers.submit(ask, question).result())


main()
alone()
