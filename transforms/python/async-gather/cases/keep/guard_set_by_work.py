# keep: PM103
from openai import OpenAI

client = OpenAI()


def ask(row):
    reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["text"]}])
    row["answered"] = True
    return reply.choices[0].message.content


def main(rows: list):
    # a row that occurs twice is asked for once
    for row in rows + rows:
        if "answered" in row:
            continue
        print(ask(row))


main([{"text": "Why?"}, {"text": "How?"}])
