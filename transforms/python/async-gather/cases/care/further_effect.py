# Whether the second call is made depends on whether something with an effect fails.
import json

import openai

client = openai.OpenAI()


def ask(prompt: str) -> str:
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def main(questions: list[str], index):
    for question in questions:
        reply = ask("List as JSON: " + question)
        print(reply)
        try:
            index.store(json.loads(reply)["names"])
        except (ValueError, KeyError):
            print("no names")
            continue
        print(ask("Summarise: " + reply))
