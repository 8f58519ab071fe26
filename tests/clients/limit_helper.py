import argparse
import json

from openai import OpenAI
from tqdm import tqdm


def ask(client, model, question):
    response = client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": question}],
        max_tokens=16,
    )
    return response.choices[0].message.content


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="gpt-4o-mini")
    parser.add_argument("--limit", type=int, default=25)
    args = parser.parse_args()
    client = OpenAI()
    with open("questions.jsonl") as f:
        data = [json.loads(line) for line in f]

    with open("predictions.jsonl", "w") as out:
        for i, ex in enumerate(tqdm(data)):
            if i >= args.limit:
                break
            text = ask(client, args.model, ex["question"])
            print(i, text)
            out.write(json.dumps({**ex, "pred": text}) + "\n")


if __name__ == "__main__":
    main()
