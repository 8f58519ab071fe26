import json

from openai import OpenAI

client = OpenAI()
BATCH = 10


def ask(prompt):
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def grade(rows):
    # how far it is
    i = 0
    while i < len(rows):  # all rows
        row = rows[i]
        if not row["text"]:
            i += 1
            continue
        print(i, ask(row["text"]))
        i += 1  # the next one


def main(pages=3):
    rows = json.load(open("rows.json"))
    grade(rows)
    start = 0
    batches = []
    while start < len(rows):
        batch = rows[start:start + BATCH]
        batches.append(ask("\n".join(row["text"] for row in batch)))
        start += BATCH
    page = 1
    while page <= pages:
        print(ask(f"page {page}"))
        page = page + 1
    print(batches)


if __name__ == "__main__":
    main()
