from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
todo = names[:3]
with ThreadPoolExecutor(6) as pool:
    for name, answer in zip(list(todo), pool.map(ask, todo)):
        print(name, answer)
        if name.count("follow-up") < 1:
            todo.append(f"follow-up on {answer}")
