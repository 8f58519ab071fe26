# keep: PM115
import csv

import openai

client = openai.OpenAI()


def run(path):
    with open(path) as f:
        reader = csv.DictReader(f)
        for row in reader:
            messages = [{"role": "user", "content": row["question"]}]
            r = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
            print(reader.line_num, r.choices[0].message.content)
