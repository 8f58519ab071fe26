import pandas as pd
from openai import OpenAI

client = OpenAI()


def ask(question, model="m"):
    response = client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


def ask_row(row):
    return ask(f"{row['question']} ({row['number']})")


def main():
    table = pd.read_csv("questions.csv")
    table["answer"] = table.apply(lambda row: ask(row["question"], row["model"]), axis=1)
    for model in ["a", "b"]:
        table[model] = table.apply(ask_row, axis="columns")
    print(table)


main()
