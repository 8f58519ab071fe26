import csv

import requests

ROOT = "https://example.org/api/"


def main():
    with open("names.csv") as f:
        names = [row["name"] for row in csv.DictReader(f)]
    rows = []
    failed = 0
    for i, name in enumerate(names):
        print(i, name)
        try:
            # The page tells where the details are.
            page = requests.get(ROOT + name, timeout=10)
            page.raise_for_status()
            where = page.json()["details"]

            details = requests.get(where, timeout=10).json()
        except requests.RequestException as error:
            print("failed:", error)
            failed += 1
            continue
        rows.append({"name": name, "where": where, "size": details["size"]})
    print(len(rows), failed)
    with open("out.csv", "w") as f:
        writer = csv.DictWriter(f, ["name", "where", "size"])
        writer.writerows(rows)


if __name__ == "__main__":
    main()
