# keep: PM904
import time

from openai import OpenAI

client = OpenAI()


def label(rows: list[dict]):
    for row in rows:
        for attempt in range(3):
            try:
                # Not between two tries, but between any two calls.
                time.sleep(1)
                reply = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": row["text"]}])
                break
            except Exception as error:
                print(attempt, error)
        print(attempt, reply.choices[0].message.content)
