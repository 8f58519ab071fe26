from openai import OpenAI

client = OpenAI()


def say(messages, text):
    messages.append({"role": "user", "content": text})
    r = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    answer = r.choices[0].message.content
    messages.append({"role": "assistant", "content": answer})
    return answer


def run(path):
    answers = []
    for question in open(path).readlines():
        messages = [{"role": "system", "content": "Answer briefly."}]
        first = say(messages, question)
        second = say(messages, "Are you sure?")
        answers.append((first, second))
    return answers
