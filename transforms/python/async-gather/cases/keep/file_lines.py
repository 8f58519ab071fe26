# keep: PM115
import openai


def pairs(path):
    with open(path) as f:
        for question in f:
            r = openai.ChatCompletion.create(model="gpt-4", messages=[{"role": "user", "content": question}])
            expected = f.readline()
            print(r, expected)
