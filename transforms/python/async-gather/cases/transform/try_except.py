import json

import openai
from openai import OpenAI


def main():
    client = OpenAI()
    rows = json.load(open("rows.json"))
    for row in rows:
        question = row["question"].strip()
        try:
            prompt = f"Answer briefly: {question}"
            response = client.chat.completions.create(
                model="gpt-4o-mini",
                messages=[{"role": "user", "content": prompt}],
            )
            row["pred"] = response.choices[0].message.content
        except openai.APIError as error:
            # keep the row, with what went wrong
            row["pred"] = f"ERR {error}"
    with open("rows.json", "w") as f:
        json.dump(rows, f)


if __name__ == "__main__":
    main()
