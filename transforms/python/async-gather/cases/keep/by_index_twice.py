# keep: PM116
import json

from openai import OpenAI


def main():
    rows = json.load(open("items.json"))
    client = OpenAI()
    for j, other in enumerate(rows):
        for i, row in enumerate(rows):
            prompt = f"{other['text']}: {row['question']} {j}"
            r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
            rows[i]["text"] = r.choices[0].message.content
    print(rows)


if __name__ == "__main__":
    main()
