import sqlite3
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
db = sqlite3.connect(":memory:", check_same_thread=False)
db.execute("create table answers (name, answer)")


def work(pair):
    i, name = pair
    db.execute("insert into answers values (?, null)", (name,))
    answer = ask(name)
    db.execute("update answers set answer = ? where name = ?", (answer, name))
    if i % 2:
        db.rollback()
    else:
        db.commit()


with ThreadPoolExecutor(6) as pool:
    list(pool.map(work, enumerate(names)))
print(db.execute("select * from answers order by name").fetchall())
