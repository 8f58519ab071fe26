# keep: PM112
import threading

from openai import OpenAI

client = OpenAI()
lock = threading.Lock()
history = []


def ask(prompt):
    with lock:
        history.append({"role": "user", "content": prompt})
    r = client.chat.completions.create(model="gpt-4o-mini", messages=history)
    return r.choices[0].message.content


def main():
    prompts = open("prompts.txt").read().splitlines()
    for prompt in prompts:
        print(ask(prompt))


if __name__ == "__main__":
    main()
