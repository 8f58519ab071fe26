import json
from openai import OpenAI
client = OpenAI()


def run(ask, reply):
    return ask + reply


def ahead(rows):
    ask = rows[:5]
    for row in ask:
        answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row}])
        reply = answer.choices[0].message.content
        print(run(row, reply))


if __name__ == "__main__":
    ahead(json.load(open("rows.json")))
