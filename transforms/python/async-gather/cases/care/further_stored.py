# What the second call is asked is what the loop has put into the item by then.
import json

import openai

client = openai.OpenAI()


def ask(prompt: str) -> str:
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def main():
    rows = [json.loads(line) for line in open("rows.jsonl")]
    with open("out.jsonl", "w") as out:
        for row in rows:
            draft = ask("Draft: " + row["q"])
            print(draft)
            row["draft"] = draft
            row["critique"] = ask("Criticise: " + json.dumps(row))
            out.write(json.dumps(row) + "\n")


main()
