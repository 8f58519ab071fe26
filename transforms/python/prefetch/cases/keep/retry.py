# keep: PM101
import json
import time

from openai import OpenAI

client = OpenAI()


def label(rows: list[dict], out):
    failed = 0
    label = "none"
    for i, row in enumerate(rows):
        # What is asked carries the answer before: a guess would nearly always be wrong.
        prompt = f"The last label was {label}. Label this review: {row['text']}"
        for attempt in range(3):
            try:
                reply = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": prompt}])
                break
            except Exception as error:
                print(f"review {i}, try {attempt + 1}: {error}")
                time.sleep(2**attempt)
        else:
            failed += 1
            continue
        label = reply.choices[0].message.content
        out.write(json.dumps({"id": row["id"], "label": label}) + "\n")
    print("failed:", failed)
