import openai
from tenacity import retry, stop_after_attempt, wait_random_exponential


@retry(wait=wait_random_exponential(min=1, max=60), stop=stop_after_attempt(6))
def complete(**kwargs):
    return openai.Completion.create(**kwargs)


def main(prompt, n):
    texts = []
    for _ in range(n):
        r = complete(model="davinci", prompt=prompt, temperature=0.7)
        texts.extend(choice["text"] for choice in r["choices"])
    print(texts)


if __name__ == "__main__":
    main("Once upon a time", 40)
