import sqlite3
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
db = sqlite3.connect(":memory:")
db.execute("create table answers (name, answer)")
with ThreadPoolExecutor(6) as pool:
    for name, answer in zip(names, pool.map(ask, names)):
        db.execute("insert into answers values (?, ?)", (name, answer))
print(db.execute("select * from answers").fetchall())
