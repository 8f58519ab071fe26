# keep: nothing
import json

import openai
from tenacity import retry, stop_after_attempt, wait_random_exponential
from tqdm import tqdm


@retry(wait=wait_random_exponential(min=1, max=60), stop=stop_after_attempt(6))
def complete(prompt):
    return openai.ChatCompletion.create(model="gpt-3.5-turbo", messages=[{"role": "user", "content": prompt}])


def main():
    prompts = json.load(open("prompts.json"))
    for prompt in tqdm(prompts):
        print(complete(prompt)["choices"][0]["message"]["content"])


main()
