"""Answers the questions that have no answer yet; run it again after a crash."""
import json
import os

from openai import OpenAI

OUT = "answers.jsonl"


def main():
    client = OpenAI()
    done = set()
    if os.path.exists(OUT):
        with open(OUT) as f:
            done = {json.loads(line)["id"] for line in f}
    with open("questions.jsonl") as f:
        questions = [json.loads(line) for line in f]

    skipped = 0
    with open(OUT, "a") as out:
        for q in questions[:60]:
            if q["id"] in done:
                skipped += 1
                continue
            if len(q["question"]) > 90:
                print("too long:", q["id"])
                continue
            reply = client.chat.completions.create(
                model="gpt-4o-mini",
                messages=[{"role": "user", "content": q["question"]}],
                max_tokens=32,
            )
            text = reply.choices[0].message.content
            out.write(json.dumps({"id": q["id"], "text": text}) + "\n")
    print("skipped", skipped)


if __name__ == "__main__":
    main()
