# What each thread has of its own is another thing ahead of the loop.
# keep: PM904
import threading

import openai

client = openai.OpenAI(max_retries=0)
local = threading.local()
local.style = "short"


def main(rows: list[dict]):
    for row in rows:
        prompt = f"{local.style}: {row['text']}"
        for attempt in range(3):
            try:
                reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
                break
            except Exception:
                print("again", attempt)
        print(reply.choices[0].message.content)
