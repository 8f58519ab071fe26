import threading

from openai import OpenAI

client = OpenAI()
lock = threading.Lock()
asked = 0


def ask(prompt):
    # a lock in a coroutine would hold up the event loop: threads
    with lock:
        print("asking", prompt)
    r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def main():
    prompts = open("prompts.txt").read().splitlines()
    for prompt in prompts:
        print(ask(prompt))


if __name__ == "__main__":
    main()
