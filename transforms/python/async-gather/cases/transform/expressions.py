import json

from openai import OpenAI
from tqdm import tqdm

client = OpenAI()


def ask(question, model="gpt-4o-mini"):
    response = client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


def answers(rows):
    return {row["id"]: ask(row["question"]) for row in rows if row["question"]}


def main():
    rows = json.load(open("rows.json"))
    questions = [row["question"] for row in rows]
    print(answers(rows))
    table = dict(zip(questions, [ask(question) for question in tqdm(questions)]))
    different = {ask(question).lower() for question in questions}
    length = sum(len(ask(question, "gpt-4o")) for question in questions)
    print(table, sorted(different), length)
    print("\n".join(str(i) + ask(question) for i, question in enumerate(questions, 1)))


if __name__ == "__main__":
    main()
