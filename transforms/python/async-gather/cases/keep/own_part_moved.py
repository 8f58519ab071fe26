# keep: PM116
import json

from openai import OpenAI


def main():
    data = json.load(open("items.json"))
    client = OpenAI()
    for item_id, item in enumerate(data):
        data[item_id] = {"docs": item["docs"][::-1]}
        for doc_id, doc in enumerate(item["docs"][:20]):
            prompt = f"{item['question']}: {doc['text']}"
            r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
            data[item_id]["docs"][doc_id]["text"] = r.choices[0].message.content
    json.dump(data, open("out.json", "w"))


if __name__ == "__main__":
    main()
