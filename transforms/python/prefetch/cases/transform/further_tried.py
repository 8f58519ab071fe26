# What may fail under a handler that goes on with the next item is tried ahead, too: else a call would be made in vain.
import json

import openai

client = openai.OpenAI()


def ask(prompt: str) -> str:
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def main(questions: list[str]):
    for question in questions:
        reply = ask("List as JSON: " + question)
        print(reply)
        try:
            names = json.loads(reply)["names"]
        except (ValueError, KeyError):
            print("no names")
            continue
        print(len(names))
        print(ask("Summarise: " + reply))
