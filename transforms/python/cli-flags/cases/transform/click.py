import json

import click
from openai import OpenAI


@click.command()
@click.option("--model", default="m", help="Which model to ask.")
@click.option("--data-file", help="The rows, as JSON.")
def main(model, data_file):
    """Ask about every row."""
    client = OpenAI()
    for row in json.load(open(data_file)):
        response = client.chat.completions.create(model=model, messages=[{"role": "user", "content": row["q"]}])
        print(response.choices[0].message.content)


if __name__ == "__main__":
    main()
