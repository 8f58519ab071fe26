# on request
# keep: PM908
import pandas
import requests


def fetch(name):
    return requests.get("http://localhost/" + name, timeout=10).text


def main():
    table = pandas.read_csv("names.csv")
    texts = []
    for _, row in table.iterrows():
        texts.append(fetch(row["name"]))
    print(texts)


if __name__ == "__main__":
    main()
