from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def number(prompt):
    for attempt in range(2):
        reply = ask(prompt)
        try:
            return int(reply)
        except ValueError:
            pass
    return reply


with ThreadPoolExecutor(3) as pool:
    for name, value in zip(names, pool.map(number, names[:3])):
        print(name, value)
