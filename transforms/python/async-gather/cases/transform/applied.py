import pandas as pd
from openai import OpenAI
from tqdm.auto import tqdm

client = OpenAI()


def ask(question, model="m"):
    response = client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


def main():
    table = pd.read_csv("questions.csv")
    tqdm.pandas(desc="asking")
    # asked as they are
    table["answer"] = table["question"].apply(ask)
    table["again"] = table["question"].map(lambda q: ask("again: " + q), na_action="ignore")
    table["shown"] = table.question.progress_apply(ask)
    few = table["question"].dropna().head(10).apply(ask)
    once = table[["question"]]
    once = once.drop_duplicates()
    once["plain"] = once["question"].str.strip().fillna("").apply(ask)
    answers = list(map(ask, table["question"]))
    print(table, few, answers, set(map(lambda q: ask(q, "other"), answers)))
    print(list(tqdm(map(ask, answers), total=len(answers), desc="once more")), "\n".join(map(ask, answers)))


main()
