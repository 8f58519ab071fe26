# What the program makes of rows itself may be anything.
# keep: PM302
import sqlite3

import openai

connection = sqlite3.connect("answers.db")
connection.row_factory = lambda cursor, row: (cursor, *row)
for cursor, question in connection.execute("select question from todo").fetchall():
    answer = openai.ChatCompletion.create(
        model="m", messages=[{"role": "user", "content": f"{cursor.description} {question}"}]
    )
    print(answer["choices"][0]["message"]["content"])
