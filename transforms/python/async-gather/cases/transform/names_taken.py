import json
from openai import OpenAI
client = OpenAI()


def run(ask, reply):
    return ask + reply


def ahead(rows):
    for row in rows[:5]:
        answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row}])
        print(run(row, answer.choices[0].message.content))


if __name__ == "__main__":
    ahead(json.load(open("rows.json")))
