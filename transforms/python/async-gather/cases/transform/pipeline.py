"""Scores a model on short questions."""
from __future__ import annotations

import json
import os

from openai import OpenAI
from tqdm import tqdm


def build_prompt(ex, shots):
    parts = [f"Q: {s['question']}\nA: {s['answer']}" for s in shots]
    parts.append(f"Q: {ex['question']}\nA:")
    return "\n\n".join(parts)


def main():
    client = OpenAI(api_key=os.environ["OPENAI_API_KEY"], timeout=30)
    with open("data.json") as f:
        data = json.load(f)
    shots = data[:3]
    correct = 0
    with open("out.jsonl", "w") as out:
        # one request an item
        for i, ex in enumerate(tqdm(data, desc="asking")):
            print("item", i)
            # build the prompt
            prompt = build_prompt(ex, shots)  # few-shot
            response = client.chat.completions.create(
                model="gpt-4o-mini",
                messages=[{"role": "user", "content": prompt}],
                temperature=0,  # greedy
            )
            text = response.choices[0].message.content
            correct += text.strip() == ex["answer"]
            print(i, text)
            out.write(json.dumps({**ex, "pred": text}) + "\n")
    print(correct / len(data))


if __name__ == "__main__":
    main()
