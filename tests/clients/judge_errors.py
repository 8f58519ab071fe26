"""LLM-as-judge over model answers. A row whose call fails is kept, with the error in place of the score."""
import csv
import json

import openai
from openai import OpenAI


def load(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def main():
    client = OpenAI()
    rows = load("questions.jsonl")[:48]
    errors = 0
    with open("scores.csv", "w", newline="") as f:
        writer = csv.writer(f)
        writer.writerow(["id", "verdict", "error"])
        for i, row in enumerate(rows):
            prompt = f"Item {i}. Is {row['answer']} the right answer?\n{row['question']}"
            try:
                response = client.chat.completions.create(
                    model="gpt-4o",
                    messages=[{"role": "user", "content": prompt}],
                    temperature=0,
                )
                verdict = response.choices[0].message.content
                writer.writerow([row["id"], verdict, ""])
            except openai.APIStatusError as e:
                print(f"row {i} failed: {type(e).__name__} {e.status_code}")
                writer.writerow([row["id"], "", type(e).__name__])
                errors += 1
    print(f"{len(rows)} rows, {errors} errors")


if __name__ == "__main__":
    main()
