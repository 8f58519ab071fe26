# What is counted is made in front of the guard, and the work would change another one.
# keep: PM110
import json

from openai import OpenAI

client = OpenAI()


def turn(messages):
    reply = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    messages.append({"role": "assistant", "content": reply.choices[0].message.content})
    return reply


def main():
    questions = json.load(open("questions.json"))
    for question in questions:
        messages = [{"role": "user", "content": question}]
        print(question)
        reply = turn(messages)
        print(len(messages), reply.choices[0].finish_reason)


if __name__ == "__main__":
    main()
