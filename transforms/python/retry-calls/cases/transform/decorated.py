import json

import openai
from tqdm import tqdm


def complete(prompt):
    return openai.ChatCompletion.create(model="gpt-3.5-turbo", messages=[{"role": "user", "content": prompt}])


def main():
    prompts = json.load(open("prompts.json"))
    for prompt in tqdm(prompts):
        print(complete(prompt)["choices"][0]["message"]["content"])


main()
