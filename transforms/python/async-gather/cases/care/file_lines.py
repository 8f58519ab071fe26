import openai


def lines(path):
    with open(path) as f:
        for line in f:
            r = openai.ChatCompletion.create(model="gpt-4", messages=[{"role": "user", "content": line}])
            print(r)
