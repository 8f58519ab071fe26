# keep: PM116
import json

from openai import OpenAI


def main():
    item = json.load(open("item.json"))
    client = OpenAI()
    for i, doc in enumerate(item["docs"]):
        before = item["docs"][i - 1].get("summary", "")
        prompt = f"{item['question']}: {before} {doc['text']}"
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
        item["docs"][i]["summary"] = r.choices[0].message.content
    print(item)


if __name__ == "__main__":
    main()
