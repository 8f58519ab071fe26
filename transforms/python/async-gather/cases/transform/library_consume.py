import json

import nltk
from openai import OpenAI


def main():
    client = OpenAI()
    rows = json.load(open("rows.json"))
    scores = []
    for row in rows:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row["question"]}])
        text = r.choices[0].message.content
        score = nltk.translate.bleu_score.sentence_bleu([row["answer"].split()], text.split())
        scores.append(score)
        row["score"] = score
        row["pred"] = text
        with open("log.jsonl", "a") as log:
            log.write(json.dumps(row) + "\n")
    print(sum(scores) / len(scores))


if __name__ == "__main__":
    main()
