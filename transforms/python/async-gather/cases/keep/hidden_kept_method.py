# keep: PM110
import openai

client = openai.OpenAI()


class Chat:
    def __init__(self):
        self.messages = []

    def add(self, role, content):
        self.messages.append({"role": role, "content": content})


chat = Chat()
add = chat.add


def run(questions):
    for q in questions:
        add("user", q)
        r = client.chat.completions.create(model="gpt-4o-mini", messages=chat.messages)
        add("assistant", r.choices[0].message.content)
        print(len(chat.messages))
