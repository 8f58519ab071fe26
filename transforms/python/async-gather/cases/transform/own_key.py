import json

from openai import OpenAI

client = OpenAI()


def ask(prompt):
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def translate(words: dict):
    for word in words:
        words[word] = ask(word)


def fill(table):
    for key, value in list(table.items()):
        if value is None:
            table[key] = ask(key)


def answers(questions):
    out = dict.fromkeys(questions)
    for question in sorted(out):
        out[question] = ask(question)
    return out


def main():
    data = json.load(open("data.json"))
    for key in data.keys():
        data[key]["answer"] = ask(data[key]["question"])
    xs = json.load(open("texts.json"))
    for i, x in enumerate(xs):
        xs[i] = ask(x)
    fill(json.load(open("table.json")))
    translate({"a": "", "b": ""})
    print(answers(xs), data)


if __name__ == "__main__":
    main()
