# What is written to a file in memory can be read again, by the next question.
# keep: PM110
import csv
import io
import json

import openai


def ask(question, notes):
    return openai.ChatCompletion.create(model="m", messages=[{"role": "user", "content": notes + question}])


def printed(questions: list):
    notes = io.StringIO()
    for question in questions:
        answer = ask(question, notes.getvalue())
        print(answer, file=notes)


def rows(questions: list):
    table = io.StringIO()
    writer = csv.writer(table)
    for question in questions:
        answer = ask(question, table.getvalue())
        writer.writerow([question, answer])


def dumped(questions: list):
    notes = io.StringIO()
    for question in questions:
        json.dump(ask(question, notes.getvalue()), notes)


def written(questions: list):
    notes = io.StringIO()
    for question in questions:
        notes.write(ask(question, notes.getvalue())["choices"][0]["message"]["content"])


printed(["a", "b"])
rows(["a", "b"])
dumped(["a", "b"])
written(["a", "b"])
