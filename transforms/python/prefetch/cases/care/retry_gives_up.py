import time

from openai import OpenAI

client = OpenAI()


def label(rows: list[dict]):
    for row in rows:
        for attempt in range(3):
            try:
                reply = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": row["text"]}])
                break
            except Exception as error:
                if attempt == 2:
                    raise RuntimeError(f"no label for {row['id']}") from error
                time.sleep(1)
        print(row["id"], attempt, reply.choices[0].message.content)
