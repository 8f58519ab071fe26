# keep: PM112
from openai import OpenAI

client = OpenAI()
messages = [{"role": "system", "content": "Answer briefly."}]


def say(text):
    messages.append({"role": "user", "content": text})
    r = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    answer = r.choices[0].message.content
    messages.append({"role": "assistant", "content": answer})
    return answer


def run(path):
    answers = []
    for question in open(path).readlines():
        first = say(question)
        second = say("Are you sure?")
        answers.append((first, second))
    return answers
