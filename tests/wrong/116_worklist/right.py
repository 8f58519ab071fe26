# Level by level: the questions of one level are known before any of it is asked.
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
todo = names[:3]
begun = 0
with ThreadPoolExecutor(6) as pool:
    while begun < len(todo):
        level = todo[begun:]
        begun = len(todo)
        for name, answer in zip(level, pool.map(ask, level)):
            print(name, answer)
            if name.count("follow-up") < 1:
                todo.append(f"follow-up on {answer}")
