import json

import openai


def main():
    with open("questions.jsonl") as f:
        rows = [json.loads(line) for line in f][:48]
    results = []
    for i, row in enumerate(rows):
        try:
            response = openai.ChatCompletion.create(
                model="gpt-3.5-turbo",
                messages=[{"role": "user", "content": f"Item {i}. {row['question']}"}],
            )
            text = response["choices"][0]["message"]["content"]
        except openai.error.OpenAIError as e:
            print("error at", i, type(e).__name__)
            text = None
        results.append({"id": row["id"], "text": text})
    with open("results.json", "w") as f:
        json.dump(results, f)
    print(sum(r["text"] is None for r in results), "of", len(results), "failed")


if __name__ == "__main__":
    main()
