# keep: PM116
import json

from openai import OpenAI


def main():
    data = json.load(open("items.json"))
    client = OpenAI()
    for item_id, item in enumerate(data):
        for doc_id, doc in enumerate(item["docs"][:20]):
            prompt = f"{item['question']}: {item['docs'][doc_id - 1].get('summary')} {doc['text']}"
            r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
            data[item_id]["docs"][doc_id]["summary"] = r.choices[0].message.content
    json.dump(data, open("out.json", "w"))


if __name__ == "__main__":
    main()
