import json

import openai


def main():
    records = json.load(open("records.json"))
    for record in records:
        text = record["text"]
        if len(text) < 10:
            verdict = "too short"
        elif record["lang"] == "en":
            # only English goes to the model
            completion = openai.ChatCompletion.create(
                model="gpt-4", messages=[{"role": "user", "content": text}]
            )
            verdict = completion["choices"][0]["message"]["content"]
        else:
            verdict = "not English"
        print(record["id"], verdict)


if __name__ == "__main__":
    main()
