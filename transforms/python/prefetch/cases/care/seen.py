# on request
import time

from openai import OpenAI

client = OpenAI()


def label(rows: list[dict]):
    seen = set()
    for row in rows:
        if row["text"] in seen:
            print("seen before:", row["id"])
            continue
        for attempt in range(3):
            try:
                reply = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": row["text"]}])
                break
            except Exception as error:
                print(attempt, error)
                time.sleep(1)
        else:
            continue
        seen.add(row["text"])
        print(row["id"], attempt, reply.choices[0].message.content)
