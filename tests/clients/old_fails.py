import json

import openai


def main():
    with open("questions.jsonl") as f:
        rows = [json.loads(line) for line in f][:40]
    for i, row in enumerate(rows):
        response = openai.ChatCompletion.create(
            model="gpt-3.5-turbo",
            messages=[{"role": "user", "content": f"Item {i}: {row['question']}"}],
        )
        print(i, response.choices[0].message.content, flush=True)
    print("finished")


if __name__ == "__main__":
    main()
