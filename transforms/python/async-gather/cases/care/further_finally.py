# The iteration ends in front of the second call, whatever fails.
import openai

client = openai.OpenAI()


def ask(prompt: str) -> str:
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def main(questions: list[str], index):
    for question in questions:
        draft = ask("Draft: " + question)
        done = False
        try:
            print(draft)
            done = index[question]
        finally:
            if not done:
                continue
        print(ask("Criticise: " + draft))
