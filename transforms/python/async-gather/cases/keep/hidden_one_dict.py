# keep: PM111
# All objects of the class are one.
from openai import OpenAI

client = OpenAI()


class State:
    shared = {"hint": ""}

    def __init__(self):
        self.__dict__ = self.shared


for text in ["a", "b", "c"]:
    state = State()
    r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text + state.hint}])
    state.hint = r.choices[0].message.content
    print(state.hint)
