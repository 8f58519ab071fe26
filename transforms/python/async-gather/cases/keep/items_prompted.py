# keep: PM110
import json

import openai

client = openai.OpenAI()


class Prompt:
    def __init__(self, shots):
        self.shots = shots

    def replace(self, old, new):
        return self.shots


def main():
    rows = json.load(open("rows.json"))
    prompt = Prompt(rows)
    for row in rows:
        row["prompt"] = prompt.replace("{Q}", row["question"])
    for row in rows:
        reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": str(row["prompt"])}])
        row["out"] = reply.choices[0].message.content
    print(rows)


main()
