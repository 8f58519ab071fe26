import json
from typing import Optional

import typer
from openai import OpenAI

app = typer.Typer()


@app.command()
def ask_all(
    data: str = typer.Argument(..., help="The rows, as JSON"),
    model: Optional[str] = typer.Option(None, "--model", "-m", help="Which model to ask"),
):
    """Ask about every row."""
    client = OpenAI()
    for row in json.load(open(data)):
        response = client.chat.completions.create(model=model, messages=[{"role": "user", "content": row["q"]}])
        print(response.choices[0].message.content)


if __name__ == "__main__":
    app()
