import sqlite3
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
db = sqlite3.connect(":memory:")
db.execute("create table answers (name, answer)")
with ThreadPoolExecutor(6) as pool:
    for (i, name), answer in zip(enumerate(names), pool.map(ask, names)):
        db.execute("insert into answers values (?, null)", (name,))
        db.execute("update answers set answer = ? where name = ?", (answer, name))
        if i % 2:
            db.rollback()
        else:
            db.commit()
print(db.execute("select * from answers order by name").fetchall())
