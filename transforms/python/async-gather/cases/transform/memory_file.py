import io

import openai


def printed(questions: list):
    notes = io.StringIO()
    for question in questions:
        answer = openai.ChatCompletion.create(model="m", messages=[{"role": "user", "content": question}])
        print(answer["choices"][0]["message"]["content"], file=notes)
    return notes.getvalue()


print(printed(["a", "b"]))
