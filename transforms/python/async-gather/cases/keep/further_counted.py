# keep: PM101
import json

import openai

client = openai.OpenAI()


def ask(prompt: str) -> str:
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def main(questions: list[str]):
    used = 0
    draft = ""
    for question in questions:
        draft = ask("Draft: " + question + draft)
        used += len(draft)
        print(draft)
        if used > 1000:
            print("over")
            continue
        print(ask("Criticise: " + draft))
