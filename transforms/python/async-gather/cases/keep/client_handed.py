# keep: PM112
from openai import OpenAI


def ask(client: OpenAI, said: list, question: str) -> str:
    said.append({"role": "user", "content": question})
    reply = client.chat.completions.create(model="gpt-4o-mini", messages=said)
    return reply.choices[0].message.content


def main():
    client = OpenAI(timeout=60)
    said = []
    for question in open("questions.txt").read().splitlines():
        print(ask(client, said, question))


if __name__ == "__main__":
    main()
