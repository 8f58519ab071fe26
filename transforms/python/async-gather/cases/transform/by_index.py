import json

import pandas as pd
from openai import OpenAI


def label(df):
    client = OpenAI()
    for i, row in df.iterrows():
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["text"]}])
        df.at[i, "label"] = r.choices[0].message.content
    return df


def main():
    df = label(pd.read_csv("in.csv"))
    df.to_csv("out.csv", index=False)
    items = json.load(open("items.json"))
    client = OpenAI()
    for i in range(len(items)):
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": items[i]["q"]}])
        items[i]["a"] = r.choices[0].message.content
    print(items)


if __name__ == "__main__":
    main()
