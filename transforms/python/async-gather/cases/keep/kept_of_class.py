# keep: PM111
import openai

client = openai.OpenAI()
every = []


class Log:
    def __init__(self):
        self.rows = []
        every.append(self.rows)

    def add(self, question, answer):
        self.rows.append((question, answer))


log = Log()


def run(questions):
    for q in questions:
        messages = [{"role": "user", "content": f"{q} (after {len(every[0])})"}]
        r = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
        log.add(q, r.choices[0].message.content)
