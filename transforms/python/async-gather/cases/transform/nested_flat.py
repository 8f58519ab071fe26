import json

from openai import OpenAI

MODELS = ["small", "large"]


def main():
    client = OpenAI()
    questions = json.load(open("questions.json"))
    with open("answers.jsonl", "w") as out:
        for model in MODELS:  # the smaller first
            # twice each, to see how they vary
            for attempt in range(2):
                for question in questions:  # a text and an id
                    if not question["text"]:
                        continue
                    prompt = f"""Answer briefly.
    {question["text"]}
"""
                    response = client.chat.completions.create(
                        model=model,
                        messages=[{"role": "user", "content": prompt}],
                    )
                    answer = response.choices[0].message.content
                    out.write(json.dumps([model, attempt, question["id"], answer]) + "\n")


if __name__ == "__main__":
    main()
