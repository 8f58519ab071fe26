import json
import time

from openai import OpenAI

client = OpenAI()


def label(rows: list[dict], out):
    failed = 0
    for i, row in enumerate(rows):
        prompt = f"Label this review: {row['text']}"
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
        out.write(json.dumps({"id": row["id"], "label": reply.choices[0].message.content}) + "\n")
    print("failed:", failed)
