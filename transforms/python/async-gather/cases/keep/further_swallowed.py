# keep: PM101
import openai

client = openai.OpenAI()


class Lenient:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        return True


def ask(prompt: str) -> str:
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def main(questions: list[str], asked: dict):
    draft = ""
    for question in questions:
        draft = ask("Draft: " + question + draft)
        print(draft)
        with Lenient():
            asked[question] += 1
            print(ask("Criticise: " + draft))
