from openai import OpenAI

client = OpenAI()
import json


class Results:
    def __init__(self):
        self.rows, self.count = [], 0

    def add(self, text, answer):
        self.rows.append({"text": text, "answer": answer})
        self.count += 1

    def save(self, path):
        with open(path, "w") as f:
            json.dump(self.rows, f)


def ask(text):
    r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}])
    return r.choices[0].message.content


results = Results()
for text in ["a", "b", "c"]:
    answer = ask(text)
    results.add(text, answer)
results.save("results.json")
