# A `range` does not take a number that may be a float.
# keep: PM904
import argparse
import json

from openai import OpenAI
from tqdm import tqdm


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--max-items", type=float, default=100)
    args = parser.parse_args()
    client = OpenAI()
    rows = json.load(open("rows.json"))
    i = 0
    while i < args.max_items:
        row = rows[i]
        i += 1
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["q"]}])
        print(r.choices[0].message.content)


if __name__ == "__main__":
    main()
