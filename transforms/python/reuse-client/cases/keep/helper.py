# Each question may come with a key of its own.
# keep: nothing
import json

from openai import OpenAI

MODEL = "gpt-4o-mini"


def ask(question, key):
    client = OpenAI(timeout=60, api_key=key)
    response = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


def main():
    questions = json.load(open("questions.json"))
    for question, key in questions:
        print(question, ask(question, key))


if __name__ == "__main__":
    main()
