# The helper's own loop asks its calls ahead, too: asked here as well, each would be asked twice.
import json

import openai

client = openai.OpenAI()


def ask(prompt: str) -> str:
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def summarise(text: str) -> list[str]:
    out = []
    for chunk in text.split():
        part = ask("Summarise: " + chunk)
        if not part:
            raise ValueError(chunk)
        out.append(part)
    return out


def main(questions: list[str]):
    for question in questions:
        draft = ask("Draft: " + question)
        print(draft)
        if not draft:
            continue
        parts = summarise(draft)
        print(len(parts))
        print(ask("Join: " + " ".join(parts)))
