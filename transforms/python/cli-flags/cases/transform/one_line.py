import argparse
import json

from openai import OpenAI


def main():
    parser = argparse.ArgumentParser(description="Ask about every row.")
    parser.add_argument("--engine", default="m", help="which model")
    parser.add_argument("--data", required=True, help="the rows, as JSON")
    args = parser.parse_args()

    client = OpenAI()
    for row in json.load(open(args.data)):
        response = client.chat.completions.create(model=args.engine, messages=[{"role": "user", "content": row["q"]}])
        print(response.choices[0].message.content)


if __name__ == "__main__":
    main()
