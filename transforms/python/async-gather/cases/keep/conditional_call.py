# keep: PM103
import json

import openai


def main():
    records = json.load(open("records.json"))
    found = 0
    for record in records:
        if found < 3:
            completion = openai.ChatCompletion.create(model="gpt-4", messages=[{"role": "user", "content": record["text"]}])
            if "yes" in completion["choices"][0]["message"]["content"]:
                found += 1
    print(found)


if __name__ == "__main__":
    main()
