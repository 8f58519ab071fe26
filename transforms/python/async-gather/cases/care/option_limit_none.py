import argparse
import json

from openai import OpenAI
from tqdm import tqdm


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--max-items", type=int, default=None)
    args = parser.parse_args()
    client = OpenAI()
    rows = json.load(open("rows.json"))
    for i, row in enumerate(tqdm(rows)):
        if i >= args.max_items:
            break
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["q"]}])
        print(r.choices[0].message.content)


if __name__ == "__main__":
    main()
