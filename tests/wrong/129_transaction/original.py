import sqlite3

from client import ask

names = [f"item {i}" for i in range(6)]
db = sqlite3.connect(":memory:")
db.execute("create table answers (name, answer)")
for i, name in enumerate(names):
    db.execute("insert into answers values (?, null)", (name,))
    answer = ask(name)
    db.execute("update answers set answer = ? where name = ?", (answer, name))
    if i % 2:
        db.rollback()
    else:
        db.commit()
print(db.execute("select * from answers order by name").fetchall())
