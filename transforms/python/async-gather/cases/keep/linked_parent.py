# keep: PM110
# The loader puts each message's parent into it, and the prompt has what the loop has put into that.
import json

import openai

client = openai.OpenAI()


def ask(prompt: str) -> str:
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def load(path):
    with open(path) as f:
        messages = json.load(f)
    by_id = {m["id"]: m for m in messages}
    for message in messages:
        message["parent"] = by_id.get(message["parent_id"])
    return messages


def main():
    for message in load("thread.json"):
        context = message["parent"].get("summary", "none") if message["parent"] else "root"
        message["summary"] = ask(message["text"] + " " + context)
        print(message["summary"])


main()
