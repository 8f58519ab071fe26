import json

from openai import OpenAI

MODEL = "gpt-4o-mini"


# One question.
def ask(question):
    client = OpenAI(timeout=60)
    response = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


def main():
    questions = json.load(open("questions.json"))
    for question in questions:
        print(question, ask(question))


if __name__ == "__main__":
    main()
