# keep: "`--reset-cache` is there already"
import argparse
import json

from openai import OpenAI


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--reset-cache", action="store_true")
    args = parser.parse_args()

    client = OpenAI()
    for row in json.load(open(args.data))[: args.limit]:
        response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["q"]}])
        print(response.choices[0].message.content)


if __name__ == "__main__":
    main()
