# A context manager that is written as a generator.
# keep: PM132
import contextlib

import openai


@contextlib.contextmanager
def section(name):
    print("begin", name)
    try:
        yield name
    finally:
        print("end", name)


for question in ["a", "b"]:
    with section(question):
        answer = openai.ChatCompletion.create(model="m", messages=[{"role": "user", "content": question}])
        if not answer["choices"]:
            raise ValueError(question)
        print(answer["choices"][0]["message"]["content"])
