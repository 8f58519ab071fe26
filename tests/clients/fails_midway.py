"""No error handling at all: the first call that fails ends the run."""
import json

from openai import OpenAI


def main():
    client = OpenAI()
    with open("questions.jsonl") as f:
        rows = [json.loads(line) for line in f][:40]
    with open("answers.txt", "w") as out:
        for i, row in enumerate(rows):
            response = client.chat.completions.create(
                model="gpt-4o-mini",
                messages=[{"role": "user", "content": f"Item {i}: {row['question']}"}],
            )
            answer = response.choices[0].message.content
            print(i, answer, flush=True)
            out.write(answer + "\n")
            out.flush()
    print("finished")


if __name__ == "__main__":
    main()
