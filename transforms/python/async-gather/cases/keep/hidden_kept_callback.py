# keep: PM110
import openai

client = openai.OpenAI()


history = []


class Runner:
    def __init__(self, keep):
        self.keep = keep

    def run(self, questions):
        for q in questions:
            r = client.chat.completions.create(
                model="gpt-4o-mini", messages=history + [{"role": "user", "content": q}]
            )
            self.keep({"role": "assistant", "content": r.choices[0].message.content})
            print(len(history))


Runner(history.append).run(open("questions.txt").readlines())
