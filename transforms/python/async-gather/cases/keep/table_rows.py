# keep: PM110
# The loop sets other rows than its own in the table that later calls read.
import pandas as pd
import requests

API = "http://localhost:8000"


def next_row():
    df = pd.read_csv("rows.csv")
    for i in range(len(df)):
        answer = requests.get(API, params={"q": df.iloc[i]["q"] + str(df.iloc[i]["prev"])}).text
        df.loc[i + 1, "prev"] = answer


def next_row_by_name():
    df = pd.read_csv("rows.csv")
    for i in range(len(df)):
        row = df.iloc[i]
        answer = requests.get(API, params={"q": row["q"] + row["prev"]}).text
        df.at[i + 1, "prev"] = answer


def later_rows():
    df = pd.read_csv("rows.csv")
    for i in range(len(df)):
        answer = requests.get(API, params={"q": df["q"][i] + str(df["prev"][i])}).text
        df.loc[i + 1 :, "prev"] = answer


def all_rows():
    df = pd.read_csv("rows.csv")
    for i in range(len(df)):
        answer = requests.get(API, params={"q": df.iloc[i]["q"] + str(df.iloc[i]["prev"])}).text
        df["prev"] = answer


def rows_like_it():
    df = pd.read_csv("rows.csv")
    for i in range(len(df)):
        answer = requests.get(API, params={"q": df.iloc[i]["q"] + str(df.iloc[i]["prev"])}).text
        df.loc[df["kind"] == df.iloc[i]["kind"], "prev"] = answer


def own_row_and_all(rows):
    df = pd.read_csv("rows.csv")
    for i in range(len(df)):
        answer = requests.get(API, params={"q": df.loc[i, "q"] + str(df["a"].sum())}).text
        df.loc[i, "a"] = len(answer)


def more_rows(rows):
    df = pd.DataFrame({"a": [0.0]})
    for row in rows:
        answer = requests.get(API, params={"q": row + str(df["a"].sum())}).text
        df.loc[len(df)] = [len(answer)]
