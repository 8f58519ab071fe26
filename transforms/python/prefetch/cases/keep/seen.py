# keep: PM103
import time

from openai import OpenAI

client = OpenAI()


def label(rows: list[dict]):
    seen = []
    for row in rows:
        if row["text"] in seen:
            print("seen before:", row["id"])
            continue
        for attempt in range(3):
            try:
                # What was seen decides what is asked, too.
                prompt = "Other than " + ", ".join(seen) + ": " + row["text"]
                reply = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": prompt}])
                break
            except Exception as error:
                print(attempt, error)
                time.sleep(1)
        else:
            continue
        seen.append(row["text"])
        print(row["id"], attempt, reply.choices[0].message.content)
