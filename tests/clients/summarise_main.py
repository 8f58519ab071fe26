import argparse
import json

from openai import OpenAI

PROMPT = "Summarise the following note in one sentence.\n\nNote {number}: the sample was measured {number} times."


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="gpt-4o-mini")
    parser.add_argument("--notes", type=int, default=300)
    parser.add_argument("--out", default="summaries.json")
    args = parser.parse_args()

    client = OpenAI(timeout=120)
    prompts = [PROMPT.format(number=number) for number in range(args.notes)]

    summaries = []
    for prompt in prompts:
        completion = client.chat.completions.create(
            model=args.model,
            messages=[{"role": "user", "content": prompt}],
        )
        summaries.append(completion.choices[0].message.content)

    with open(args.out, "w") as f:
        json.dump(summaries, f)
    print(f"{len(summaries)} summaries, {len(set(summaries))} different")
    print(summaries[0])
    print(summaries[-1])


if __name__ == "__main__":
    main()
