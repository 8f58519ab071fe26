# keep: PM112
import json

from openai import OpenAI


class Chat:
    def __init__(self, model):
        self.client = OpenAI()
        self.model = model
        self.history = []

    def ask(self, text):
        self.history.append({"role": "user", "content": text})
        reply = self.client.chat.completions.create(model=self.model, messages=self.history)
        answer = reply.choices[0].message.content
        self.history.append({"role": "assistant", "content": answer})
        return answer


def main():
    rows = json.load(open("rows.json"))
    chat = Chat("gpt-4o-mini")
    for row in rows:
        print(chat.ask(row["question"]))


if __name__ == "__main__":
    main()
