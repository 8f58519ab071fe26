# Several calls of an item, with effects between them: the slice that all requests need is asked ahead.
import json

import openai

client = openai.OpenAI()


def ask(prompt: str) -> str:
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def main():
    rows = [json.loads(line) for line in open("rows.jsonl")]
    with open("out.jsonl", "w") as out:
        for i, row in enumerate(rows):
            draft = ask("Draft: " + row["q"])
            print(f"[{i}] {draft}")
            if not draft:
                print("empty")
                continue
            row["draft"] = draft
            critique = ask("Criticise: " + draft)
            row["critique"] = critique
            if "fine" in critique:
                row["final"] = draft
            else:
                row["final"] = ask(f"Improve {draft} by {critique}")
            out.write(json.dumps(row) + "\n")


main()
