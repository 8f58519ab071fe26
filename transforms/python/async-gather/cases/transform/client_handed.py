from openai import OpenAI


class Prompts:
    """What is asked; it waits for nothing."""

    def __init__(self, system: str):
        self.system = system

    def messages(self, question: str):
        return [{"role": "system", "content": self.system}, {"role": "user", "content": question}]


def ask(client: OpenAI, prompts: Prompts, question: str) -> str:
    reply = client.chat.completions.create(model="gpt-4o-mini", messages=prompts.messages(question))
    return reply.choices[0].message.content


def main():
    client = OpenAI(timeout=60)
    prompts = Prompts("Answer in one word.")
    right = 0
    for question in open("questions.txt").read().splitlines():
        if ask(client, prompts, question).startswith("yes"):
            right += 1
    print(right)


if __name__ == "__main__":
    main()
