# keep: PM116
import json

from openai import OpenAI


def main():
    items = json.load(open("items.json"))
    todo = items
    items = items[::-1]
    client = OpenAI()
    for i, item in enumerate(todo):
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": item["q"]}])
        items[i]["q"] = r.choices[0].message.content
    print(items)


if __name__ == "__main__":
    main()
