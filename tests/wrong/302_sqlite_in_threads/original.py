import sqlite3

from client import ask

names = [f"item {i}" for i in range(6)]
db = sqlite3.connect(":memory:")
db.execute("create table answers (name, answer)")


def work(name):
    db.execute("insert into answers values (?, ?)", (name, ask(name)))


for name in names:
    work(name)
print(db.execute("select * from answers").fetchall())
