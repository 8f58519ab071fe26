# keep: "the function is given all that was parsed"
import json

import typer
from openai import OpenAI


def main(ctx: typer.Context, data: str):
    print(ctx.params)
    client = OpenAI()
    for row in json.load(open(data)):
        response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["q"]}])
        print(response.choices[0].message.content)


if __name__ == "__main__":
    typer.run(main)
