# keep: PM112
# Each call draws the next number of one count.
from openai import OpenAI

client = OpenAI()
import itertools

new_id = itertools.count(1).__next__


def ask(text):
    r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}])
    return {"id": new_id(), "answer": r.choices[0].message.content}


rows = []
for text in ["a", "b", "c"]:
    rows.append(ask(text))
print(rows)
