# keep: PM101
# The first call is asked what the last item's second call has answered.
import json

import openai

client = openai.OpenAI()


def ask(prompt: str) -> str:
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def main():
    rows = [json.loads(line) for line in open("rows.jsonl")]
    with open("out.jsonl", "w") as out:
        critique = ""
        for row in rows:
            draft = ask("Draft: " + row["q"] + critique)
            print(draft)
            critique = ask("Criticise: " + draft)
            row["critique"] = critique
            out.write(json.dumps(row) + "\n")


main()
