from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def conversation(topic):
    first = ask(topic)
    return [first, ask(first)]


with ThreadPoolExecutor(6) as pool:
    for answers in pool.map(conversation, names[:3]):
        print(*answers, sep="\n")
