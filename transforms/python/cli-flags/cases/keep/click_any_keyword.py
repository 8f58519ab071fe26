# keep: "the function takes `**options`"
import json

import click
from openai import OpenAI


@click.command()
@click.option("--data")
def main(**options):
    print(options)
    client = OpenAI()
    for row in json.load(open(options["data"])):
        response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["q"]}])
        print(response.choices[0].message.content)


if __name__ == "__main__":
    main()
