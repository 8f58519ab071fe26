from argparse import ArgumentParser, Namespace
import json

from openai import OpenAI


def get_args() -> Namespace:
    parser = ArgumentParser(allow_abbrev=False)
    group = parser.add_argument_group("model")
    group.add_argument(
        '--model_name',
        type=str,
        default='m',
    )
    group = parser.add_argument_group("data")
    group.add_argument(
        '--input_path',
        type=str,
        required=True,
    )
    return parser.parse_args()


def ask_all(options):
    client = OpenAI()
    for row in json.load(open(options.input_path)):
        response = client.chat.completions.create(model=options.model_name, messages=[{"role": "user", "content": row["q"]}])
        print(response.choices[0].message.content)


def main():
    args = get_args()
    ask_all(args)


if __name__ == "__main__":
    main()
