# keep: PM110
import json

from openai import OpenAI


def main():
    client = OpenAI()
    essays = json.load(open("essays.json"))
    shots = [{"role": "user", "content": "good"}]
    for essay in essays:
        messages = shots
        messages.append({"role": "user", "content": essay["text"]})
        response = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
        print(response.choices[0].message.content)


if __name__ == "__main__":
    main()
