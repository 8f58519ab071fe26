import json

from openai import OpenAI

client = OpenAI()


def judged(path, model="gpt-4o-mini"):
    """Each row with its verdict."""
    with open(path) as f:
        rows = [json.loads(line) for line in f]
    for row in rows:
        if not row["answer"]:
            continue
        response = client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": row["answer"] + "\nIs this right?"}],
            temperature=0,
        )
        yield row["id"], response.choices[0].message.content


def main():
    with open("verdicts.csv", "w") as out:
        for number, verdict in judged("rows.jsonl"):
            out.write(f"{number},{verdict}\n")


if __name__ == "__main__":
    main()
