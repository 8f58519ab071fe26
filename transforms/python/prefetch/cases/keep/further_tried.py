# keep: PM101
# What is asked depends on the reply to the item before.
import json

import openai

client = openai.OpenAI()


def ask(prompt: str) -> str:
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def main(questions: list[str]):
    reply = ""
    for question in questions:
        reply = ask("List as JSON: " + question + reply)
        print(reply)
        try:
            names = json.loads(reply)["names"]
        except (ValueError, KeyError):
            print("no names")
            continue
        print(len(names))
        print(ask("Summarise: " + reply))
