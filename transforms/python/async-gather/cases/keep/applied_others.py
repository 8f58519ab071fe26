# What is read by another library has methods of the same names.
# keep: nothing
import datasets
import pandas as pd
import polars as pl
from openai import OpenAI

client = OpenAI()


def ask(row):
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": str(row)}])
    return {"answer": response.choices[0].message.content}


def both(parts):
    return parts["train"].map(ask)


def main():
    numbers = pd.read_csv("numbers.csv")
    frame = pl.read_csv("numbers.csv")
    answered = frame["x"].map_elements(ask)
    print(datasets.__version__)
    return numbers, answered, frame["x"].apply(ask)


main()
