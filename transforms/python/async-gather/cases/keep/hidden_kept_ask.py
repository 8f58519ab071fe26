# keep: PM112
import openai

client = openai.OpenAI()


class Bot:
    def __init__(self):
        self.asked = []

    def ask(self, q):
        self.asked.append(q)
        messages = [{"role": "user", "content": " ".join(self.asked)}]
        return client.chat.completions.create(model="gpt-4o-mini", messages=messages)


bot = Bot()
talk = bot.ask


def run(questions):
    for q in questions:
        print(talk(q))
