# A copy of the client that waits otherwise asks the same.
import json

from openai import OpenAI

client = OpenAI()


def main():
    with open("out.jsonl", "w") as out:
        for question in json.load(open("questions.json")):
            response = client.with_options(timeout=60, max_retries=5).chat.completions.create(
                model="m", messages=[{"role": "user", "content": question}]
            )
            out.write(json.dumps([question, response.choices[0].message.content]) + "\n")


if __name__ == "__main__":
    main()
