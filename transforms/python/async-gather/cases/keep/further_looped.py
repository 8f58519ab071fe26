# keep: PM101
import json

import openai

client = openai.OpenAI()


def ask(prompt: str) -> str:
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def summarise(text: str) -> list[str]:
    return text.split()


def main(questions: list[str]):
    draft = ""
    for question in questions:
        draft = ask("Draft: " + question + draft)
        print(draft)
        if not draft:
            continue
        parts = summarise(draft)
        print(len(parts))
        print(ask("Join: " + " ".join(parts)))
