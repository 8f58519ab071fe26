import openai

client = openai.OpenAI()


class Log:
    def __init__(self):
        self.rows = []

    def add(self, question, answer):
        self.rows.append((question, answer))


def run(path):
    log = Log()
    add = log.add
    for q in open(path).readlines():
        r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": q}])
        add(q, r.choices[0].message.content)
    return log.rows
