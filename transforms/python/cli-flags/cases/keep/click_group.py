# keep: "the command line has commands of its own"
import json

import click
from openai import OpenAI


@click.group()
def cli():
    pass


@cli.command()
@click.option("--data")
def ask(data):
    client = OpenAI()
    for row in json.load(open(data)):
        response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["q"]}])
        print(response.choices[0].message.content)


if __name__ == "__main__":
    cli()
