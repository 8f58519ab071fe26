# keep: PM506
import json
import time

from openai import OpenAI

client = OpenAI()


def grade(question, answer):
    """One verdict, and how long it took."""
    began = time.perf_counter()
    response = client.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "user", "content": f"{question}\n{answer}\nCorrect?"}],
        temperature=0,
    )
    return response.choices[0].message.content, time.perf_counter() - began


rows = json.load(open("answers.json"))
for row in rows:
    row["verdict"], row["seconds"] = grade(row["question"], row["answer"])
