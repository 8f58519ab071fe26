# keep: PM101
import json

from openai import OpenAI

client = OpenAI()


def main(samples=5):
    with open("problems.jsonl") as f:
        problems = [json.loads(line) for line in f]
    hint = ""
    with open("samples.jsonl", "w") as out:
        for problem in problems:
            texts = []
            for _ in range(samples):
                response = client.chat.completions.create(
                    model="gpt-4o-mini",
                    messages=[{"role": "user", "content": problem["prompt"] + hint}],
                    temperature=0.8,
                )
                hint = response.choices[0].message.content
                texts.append(hint)
            out.write(json.dumps({"id": problem["id"], "texts": texts}) + "\n")


if __name__ == "__main__":
    main()
