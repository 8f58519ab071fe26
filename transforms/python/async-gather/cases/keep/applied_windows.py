# A window is handed over as numbers and wants one back; a group, what a library of another kind maps, what styles a table.
# keep: PM904
import pandas as pd
from openai import OpenAI
from tqdm.auto import tqdm

client = OpenAI()


def ask(question):
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": str(question)}])
    return len(response.choices[0].message.content)


def windows(column):
    return column.rolling(3)


def main():
    table = pd.read_csv("numbers.csv")
    tqdm.pandas()
    table["a"] = table["x"].rolling(2).apply(ask)
    table["b"] = table["x"].expanding(2).apply(ask)
    table["c"] = table["x"].ewm(2).apply(ask)
    table["d"] = table.rolling(2)["x"].apply(ask)
    table["e"] = table["x"].rolling(2).progress_apply(ask)
    groups = table.groupby("kind")
    table["f"] = groups["x"].apply(ask)
    table["g"] = table.groupby("kind").progress_apply(ask)
    table["h"] = table.resample("D").apply(ask)
    table["i"] = groups.rolling(2)["x"].apply(ask)
    window = table["x"].dropna().rolling(2)
    table["j"] = window.apply(ask)
    table["k"] = windows(table["x"]).apply(ask)
    shown = table.style.apply(ask, axis=1)
    return shown


main()
