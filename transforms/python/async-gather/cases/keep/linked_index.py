# keep: PM116
# Each document holds the one before it.
import json

import openai

client = openai.OpenAI()


def ask(prompt: str) -> str:
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


docs = json.load(open("docs.json"))
for k in range(1, len(docs)):
    docs[k]["before"] = docs[k - 1]
for i, doc in enumerate(docs):
    before = doc["before"]["summary"] if "before" in doc else ""
    docs[i]["summary"] = ask(f"{doc['text']} {before}")
print([doc["summary"] for doc in docs])
