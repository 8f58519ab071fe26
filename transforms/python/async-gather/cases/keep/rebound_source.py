# keep: PM115
import csv

import requests


def main(path):
    with open(path) as f:
        rows = csv.DictReader(f)
        for row in rows:
            answer = requests.get("http://data.example/ask", params=row, timeout=9).text
            rows = rows
            print(answer, next(rows))


main("rows.csv")
