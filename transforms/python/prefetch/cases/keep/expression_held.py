# keep: PM904
import threading

from openai import OpenAI

client = OpenAI()
lock = threading.Lock()


def answer(question):
    # The loop would hold the lock while it waits for a guess that waits for the lock.
    with lock:
        reply = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": question}])
    return reply.choices[0].message.content


def check(rows: list[dict]):
    right = 0
    for row in rows:
        if row["gold"] and row["gold"] in answer("Q: " + row["question"]):
            right += 1
            print(row["id"], "right")
    print(right)
