import json

from openai import OpenAI
from tqdm import tqdm

MODEL = "gpt-4o-mini"
MAX_EXAMPLES = 25  # None of the rest is needed for the pilot


def main():
    client = OpenAI()
    with open("questions.jsonl") as f:
        data = [json.loads(line) for line in f]

    with open("predictions.jsonl", "w") as out:
        for i, ex in enumerate(tqdm(data)):
            if i >= MAX_EXAMPLES:
                break
            response = client.chat.completions.create(
                model=MODEL,
                messages=[{"role": "user", "content": ex["question"]}],
                max_tokens=16,
            )
            text = response.choices[0].message.content
            print(i, text)
            out.write(json.dumps({**ex, "pred": text}) + "\n")


if __name__ == "__main__":
    main()
