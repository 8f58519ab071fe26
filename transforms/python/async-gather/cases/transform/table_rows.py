# The loop sets a column of its own row.
import pandas as pd
import requests

API = "http://localhost:8000"


def by_number():
    df = pd.read_csv("rows.csv")
    for i in range(len(df)):
        row = df.iloc[i]
        answer = requests.get(API, params={"q": row["q"]}).text
        df.loc[i, "answer"] = answer
    df.to_csv("out.csv")


def by_label():
    df = pd.read_csv("rows.csv")
    for i in range(len(df)):
        answer = requests.get(API, params={"q": df.loc[i, "q"] + df.loc[i, "answer"]}).text
        df.at[i, "answer"] = answer
        df.at[i, "n"] = len(answer)
    df.to_csv("out.csv")


def by_column():
    df = pd.read_csv("rows.csv")
    for i, q in enumerate(df["q"]):
        answer = requests.get(API, params={"q": q, "context": df["context"][i]}).text
        df.loc[i, "answer"] = answer
    df.to_csv("out.csv")
