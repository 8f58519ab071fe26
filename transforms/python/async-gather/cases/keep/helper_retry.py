# keep: PM111
import openai

KEYS = ["a", "b", "c"]


def ask(prompt, key):
    openai.api_key = key
    r = openai.ChatCompletion.create(model="gpt-4", messages=[{"role": "user", "content": prompt}])
    return r["choices"][0]["message"]["content"]


def main(path):
    prompts = open(path).read().splitlines()
    for i, prompt in enumerate(prompts):
        print(ask(prompt, KEYS[i % len(KEYS)]))


if __name__ == "__main__":
    main("prompts.txt")
