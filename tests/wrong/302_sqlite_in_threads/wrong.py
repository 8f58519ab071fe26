import sqlite3
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
db = sqlite3.connect(":memory:")
db.execute("create table answers (name, answer)")


def work(name):
    db.execute("insert into answers values (?, ?)", (name, ask(name)))


with ThreadPoolExecutor(6) as pool:
    pool.map(work, names)
print(db.execute("select * from answers").fetchall())
