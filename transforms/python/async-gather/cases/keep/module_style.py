# keep: PM111
import itertools

import openai

KEYS = itertools.cycle(["sk-a", "sk-b"])


def main():
    for line in ["a", "b", "c"]:
        openai.api_key = next(KEYS)
        completion = openai.ChatCompletion.create(model="gpt-3.5-turbo", messages=[{"role": "user", "content": line}])
        print(completion["choices"][0]["message"]["content"])


if __name__ == "__main__":
    main()
