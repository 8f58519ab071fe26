# keep: PM110
import json

from openai import OpenAI

client = OpenAI()


class Searcher:
    def __init__(self, docs, notes):
        self.docs = docs
        self.docs += [notes]


def main():
    notes = []
    items = json.load(open("questions.json"))
    for item in items:
        Searcher(item["docs"], notes)
        reply = client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": f"{notes} {item['question']}"}]
        )
        # The last of the documents is `notes`.
        item["docs"][-1].append(reply.choices[0].message.content)
    print(json.dumps(items))


main()
