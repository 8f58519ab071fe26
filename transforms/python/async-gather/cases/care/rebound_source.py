# The body has another use for the name of what it goes through.
import json

import requests


def main(path):
    with open(path) as rows:
        for row in rows:
            answer = requests.get("http://data.example/ask", params={"q": row}, timeout=9).text
            rows = {"row": row, "answer": answer}
            print(json.dumps(rows))


main("rows.txt")
