# keep: PM110
# A function gives its default back: one list for all who ask.
from openai import OpenAI

client = OpenAI()


def state(_said=[]):
    return _said


def ask(text):
    r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text + str(state())}])
    return r.choices[0].message.content


for text in ["a", "b", "c"]:
    answer = ask(text)
    state().append(answer)
