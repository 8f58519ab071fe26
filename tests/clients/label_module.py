"""Labels every question with a topic: a notebook that became a script."""
import json

from openai import OpenAI

MODEL = "gpt-4o-mini"
client = OpenAI()

with open("questions.jsonl") as f:
    rows = [json.loads(line) for line in f][:40]

results = {}
for row in rows:
    response = client.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "system", "content": "Name the topic of the question in one or two words."},
            {"role": "user", "content": row["question"]},
        ],
        temperature=0.2,
    )
    label = response.choices[0].message.content.strip()
    print(f"{row['id']}: {label} ({response.usage.total_tokens} tokens)")
    results[row["id"]] = label

with open("labels.json", "w") as f:
    json.dump(results, f, indent=2)
print(len(results), "labelled")
