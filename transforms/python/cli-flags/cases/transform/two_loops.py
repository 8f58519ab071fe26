import argparse
import json

import requests
from openai import OpenAI


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data")
    parser.add_argument("--urls")
    args = parser.parse_args()

    for url in json.load(open(args.urls)):
        print(requests.get(url).text)

    client = OpenAI()
    for row in json.load(open(args.data)):
        response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["q"]}])
        print(response.choices[0].message.content)


if __name__ == "__main__":
    main()
