import json
import random

import openai
from tqdm import tqdm

client = openai.OpenAI()


def build(row, train):
    shots = random.sample(train, 2)
    return "\n".join(s["q"] + s["a"] for s in shots) + row["q"]


def judge(rows):
    random.seed(0)
    verdicts = []
    for row in rows:
        # Either may stand first.
        if random.random() < 0.5:
            first, second = row["right"], row["wrong"]
        else:
            first, second = row["wrong"], row["right"]
        prompt = f"1. {first} 2. {second}"
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
        verdicts.append((row["id"], first, r.choices[0].message.content))
    return verdicts


def main():
    rows = [json.loads(line) for line in open("rows.jsonl")]
    train = [json.loads(line) for line in open("train.jsonl")]
    print(judge(rows))
    for i, row in enumerate(tqdm(rows)):
        options = list(row["options"])
        random.shuffle(options)
        prompt = build(row, train) + " ".join(options)
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
        print(i, options, r.choices[0].message.content)
    for row in rows:
        row = dict(row)
        row["options"] = random.sample(row["options"], 2)
        r = client.completions.create(model="m", prompt=f"{row['q']} {row['options']}")
        print(row, r.choices[0].text)


if __name__ == "__main__":
    main()
