# keep: PM904
from openai import OpenAI

client = OpenAI()


def answer(question):
    reply = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": question}])
    return reply.choices[0].message.content


def check(rows: list[dict]):
    right = 0
    for row in rows:
        # How many questions are asked depends on the answers.
        if any(row["gold"] in answer(question) for question in row["questions"]):
            right += 1
            print(row["id"], "right")
    print(right)
