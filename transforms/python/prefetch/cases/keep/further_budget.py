# keep: PM101
import json

import openai

client = openai.OpenAI()


def ask(prompt: str) -> str:
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


class Budget:
    def __init__(self, left: int):
        self.left = left

    def take(self):
        if self.left <= 0:
            raise RuntimeError("nothing is left")
        self.left -= 1


def main(questions: list[str]):
    budget = Budget(10)
    draft = ""
    for question in questions:
        draft = ask("Draft: " + question + draft)
        print(draft)
        budget.take()
        print(ask("Criticise: " + draft))
