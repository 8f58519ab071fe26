# keep: PM112
from openai import OpenAI

client = OpenAI()
begun = False


def ask(question):
    global begun
    reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    begun = True
    return reply.choices[0].message.content


def main(questions: list):
    for question in questions:
        if not begun:
            print("the first answer takes a while")
        print(ask(question))


main(["Why?", "How?"])
