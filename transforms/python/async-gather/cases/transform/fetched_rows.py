# The rows that a cursor has fetched are data, and belong to no thread.
import sqlite3

import openai

connection = sqlite3.connect("answers.db")
for name, question in connection.execute("select name, question from todo order by name").fetchall():
    answer = openai.ChatCompletion.create(model="m", messages=[{"role": "user", "content": question}])
    text = answer["choices"][0]["message"]["content"]
    connection.execute("update todo set answer = ? where name = ?", (text, name))
    connection.commit()
