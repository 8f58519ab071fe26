# keep: PM109
# What an item finds in the file of its name decides what it asks, and another item may have written it.
import argparse
import json
from pathlib import Path

from openai import OpenAI

client = OpenAI()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    for line in args.input.read_text().splitlines():
        out = args.output / f"{line[:3]}.json"
        before = out.read_text()
        reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": before + line}])
        out.write_text(json.dumps({"answer": reply.choices[0].message.content}))


if __name__ == "__main__":
    main()
