# keep: PM101
import json

import anthropic

client = anthropic.Anthropic(max_retries=5)


def complete(prompt):
    message = client.messages.create(
        model="claude-3-5-haiku-latest", max_tokens=64, messages=[{"role": "user", "content": prompt}]
    )
    return message.content[0].text


def main(path):
    verdict = "none"
    rows = [json.loads(line) for line in open(path)]
    for row in rows:
        answer = complete(f"{row['question']}, after {verdict}")
        verdict = complete(f"Is it right that {row['question']} {answer}?")
        print(row["id"], verdict)


main("rows.jsonl")
