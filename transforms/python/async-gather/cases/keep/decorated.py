# keep: PM138
import openai
from timeout_decorator import timeout


@timeout(30)
def complete(**kwargs):
    return openai.Completion.create(**kwargs)


def main(prompt, n):
    for _ in range(n):
        print(complete(model="davinci", prompt=prompt, temperature=0.7))


if __name__ == "__main__":
    main("Once upon a time", 40)
