import json

from openai import OpenAI

client = OpenAI()
MODELS = ["small", "large"]


def ask(model, question):
    reply = client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}])
    return reply.choices[0].message.content


def compare(questions: list):
    return [ask(model, question) for model in MODELS for question in questions if question.endswith("?")]


def main():
    rows = json.load(open("rows.json"))
    questions = [row["question"] for row in rows]
    print(compare(questions))
    by_model = {
        f"{model}/{i}": ask(model, part)
        for model in MODELS
        for i, row in enumerate(rows)
        if row["text"]
        for part in row["text"].split("\n\n")
    }
    print(json.dumps(by_model))


if __name__ == "__main__":
    main()
