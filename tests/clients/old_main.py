import json

import openai


def build_messages(row):
    options = "\n".join(f"{letter}. {choice}" for letter, choice in zip("ABCD", row["choices"]))
    return [
        {"role": "system", "content": "Answer with one letter."},
        {"role": "user", "content": f"{row['question']}\n{options}"},
    ]


def main():
    with open("questions.jsonl") as f:
        rows = [json.loads(line) for line in f][:48]
    used = 0
    with open("predictions.jsonl", "w") as out:
        for n, row in enumerate(rows, start=1):
            response = openai.ChatCompletion.create(
                model="gpt-3.5-turbo",
                messages=build_messages(row),
                temperature=0,
                request_timeout=60,
            )
            text = response["choices"][0]["message"]["content"].strip()
            used += response["usage"]["total_tokens"]
            print(f"{n}/{len(rows)} {row['id']} {text}")
            out.write(json.dumps({"id": row["id"], "text": text}) + "\n")
    print("tokens:", used)


if __name__ == "__main__":
    main()
