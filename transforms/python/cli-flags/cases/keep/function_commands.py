# keep: "the command line has commands of its own"
import argparse
import json
import sys

from openai import OpenAI


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data")
    parser.add_subparsers()
    args = parser.parse_args()
    client = OpenAI()
    for row in json.load(open(args.data)):
        response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["q"]}])
        print(response.choices[0].message.content)


if __name__ == "__main__":
    main()
