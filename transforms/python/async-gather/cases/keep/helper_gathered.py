# keep: PM111
import argparse
import os

from openai import OpenAI

client = OpenAI()


def ask(prompt):
    os.environ["LAST_PROMPT"] = prompt
    r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def letter_of(prompt):
    return ask(prompt).strip()[:1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("prompts")
    args = parser.parse_args()
    prompts = open(args.prompts).read().splitlines()
    letters = [letter_of(prompt) for prompt in prompts]
    print(letters)


if __name__ == "__main__":
    main()
