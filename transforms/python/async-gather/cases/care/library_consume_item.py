import json

import nltk
from openai import OpenAI


def main():
    client = OpenAI()
    rows = json.load(open("rows.json"))
    for row in rows:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": json.dumps(row)}])
        nltk.annotate(row, r.choices[0].message.content)
    print(rows)


if __name__ == "__main__":
    main()
