# keep: "`self.args = args`, line 26"
import argparse
import json
import sys

from openai import OpenAI


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data")
    args = parser.parse_args()
    Run(args)
    client = OpenAI()
    for row in json.load(open(args.data)):
        response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["q"]}])
        print(response.choices[0].message.content)


if __name__ == "__main__":
    main()


class Run:
    def __init__(self, args):
        self.args = args
