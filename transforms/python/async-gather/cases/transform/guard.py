import json

from openai import OpenAI


def main():
    client = OpenAI()
    rows = json.loads(open("rows.json").read())
    skipped = 0
    for row in rows:
        if not row.get("question") or len(row["question"]) > 2000:
            skipped += 1
            print("skipped", row["id"])
            continue

        answer = client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": row["question"]}]
        ).choices[0].message.content
        if answer is None:
            print("empty", row["id"])
            continue
        print(row["id"], answer)
    print(skipped)


if __name__ == "__main__":
    main()
