import time

import openai


def ask(prompt, model, retries=3, api_key=None):
    if api_key is not None:
        openai.api_key = api_key
    wait = 1
    for attempt in range(retries):
        try:
            r = openai.ChatCompletion.create(model=model, messages=[{"role": "user", "content": prompt}])
            return r["choices"][0]["message"]["content"]
        except openai.error.RateLimitError as e:
            print(f"waiting {wait} s: {e}")
            time.sleep(wait)
            wait *= 2
    return None


def main(path, key):
    prompts = open(path).read().splitlines()
    answers = {}
    for prompt in prompts:
        answers[prompt] = ask(prompt, "gpt-4", api_key=key)
    print(answers)


if __name__ == "__main__":
    main("prompts.txt", "k")
