# keep: PM110
from openai import OpenAI

client = OpenAI()
_sinks = {}


def register(name, sink):
    _sinks[name] = sink


def emit(name, answer):
    _sinks[name].append(answer)


def ask(question):
    reply = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": question}])
    return reply.choices[0].message.content


history = []
register("history", history)
for question in ["a", "b", "c"]:
    answer = ask(question + str(history))
    emit("history", answer)
print(history)
