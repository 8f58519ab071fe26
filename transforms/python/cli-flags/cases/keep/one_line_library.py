# keep: "`wandb.init(config=args)`, line 13"
import argparse
import json
import wandb

from openai import OpenAI


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data")
    args = parser.parse_args()
    wandb.init(config=args)
    client = OpenAI()
    for row in json.load(open(args.data)):
        response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["q"]}])
        print(response.choices[0].message.content)


if __name__ == "__main__":
    main()
