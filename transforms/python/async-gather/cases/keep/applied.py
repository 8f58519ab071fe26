# Counts what it is given; more arguments; items taken one by one; two sources; behind another call; a row that is changed.
# keep: PM112, PM904, PM115
import pandas as pd
from openai import OpenAI

client = OpenAI()


def ask(question, model="m"):
    response = client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


seen = []


def note(question):
    seen.append(question)
    return ask(f"{len(seen)}. {question}")


def fill(row):
    row["answer"] = ask(row["question"])
    return row


def main():
    table = pd.read_csv("questions.csv")
    table["noted"] = table["question"].apply(note)
    table["other"] = table["question"].apply(ask, args=("other",))
    for answer in map(ask, table["question"]):
        print(answer)
    both = list(map(ask, table["question"], table["model"]))
    print(table["question"].sample(3), table["question"].apply(ask))
    print(both, table.apply(fill, axis=1), [table[name].apply(ask) for name in ("a", "b")])


main()
