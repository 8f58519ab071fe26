# keep: "`HfArgumentParser`"
import json

from openai import OpenAI
from transformers import HfArgumentParser, TrainingArguments


def main():
    (args,) = HfArgumentParser(TrainingArguments).parse_args_into_dataclasses()
    client = OpenAI()
    for row in json.load(open(args.data)):
        response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["q"]}])
        print(response.choices[0].message.content)


if __name__ == "__main__":
    main()
