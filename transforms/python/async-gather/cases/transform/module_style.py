import openai

openai.api_key = "sk-test"


def load(path):
    with open(path) as f:
        return f.read().splitlines()


def main():
    lines = load("prompts.txt")
    for n, line in enumerate(lines):
        completion = openai.ChatCompletion.create(model="gpt-3.5-turbo",
                                                  messages=[{"role": "user", "content": line}],
                                                  temperature=0.0)
        print(n, completion["choices"][0]["message"]["content"])


if __name__ == "__main__":
    main()
