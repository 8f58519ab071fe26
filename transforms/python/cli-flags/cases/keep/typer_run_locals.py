# keep: "all variables of the function are asked for in line 9"
import json

import typer
from openai import OpenAI


def main(data: str):
    print(locals())
    client = OpenAI()
    for row in json.load(open(data)):
        response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["q"]}])
        print(response.choices[0].message.content)


if __name__ == "__main__":
    typer.run(main)
