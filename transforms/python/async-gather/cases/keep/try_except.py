# keep: PM110
import json

from openai import OpenAI


def main():
    client = OpenAI()
    rows = json.load(open("rows.json"))
    for row in rows:
        try:
            response = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": json.dumps(rows)}])
            row["pred"] = response.choices[0].message.content
        except ValueError:
            row["pred"] = None
    print(rows)


if __name__ == "__main__":
    main()
