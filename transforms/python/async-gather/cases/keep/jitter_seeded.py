# The waits of a back-off draw from the stream that a seed has set, and so do the lines behind the call.
# keep: PM118
import random
import time

from openai import APIStatusError, OpenAI

client = OpenAI(max_retries=0)
random.seed(1)


def ask(question):
    delay = 0.01
    while True:
        try:
            response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
            return response.choices[0].message.content
        except APIStatusError as e:
            if e.status_code not in (429, 500):
                raise
            delay *= 2 * (1 + 0.1 * random.random())
            time.sleep(delay)


def main():
    for question in [f"question {i}" for i in range(8)]:
        answer = ask(question)
        print(question, answer, random.choice(["train", "test"]))


if __name__ == "__main__":
    main()
