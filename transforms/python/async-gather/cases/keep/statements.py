# keep: PM101
import csv

import requests

ROOT = "https://example.org/api/"


def main():
    with open("names.csv") as f:
        names = [row["name"] for row in csv.DictReader(f)]
    rows = []
    where = ROOT
    for name in names:
        page = requests.get(where + name, timeout=10)
        where = page.json()["next"]
        details = requests.get(where, timeout=10).json()
        rows.append({"name": name, "where": where, "size": details["size"]})
    with open("out.csv", "w") as f:
        writer = csv.DictWriter(f, ["name", "where", "size"])
        writer.writerows(rows)


if __name__ == "__main__":
    main()
