# Every worker has a model of its own, and takes what comes.
import queue
import threading

from client import ask

names = [f"item {i}" for i in range(6)]
todo = queue.Queue()
answers = {}
for i, name in enumerate(names):
    todo.put((i, name))


def worker(model):
    while not todo.empty():
        i, name = todo.get()
        answers[i] = ask(name, model=model)


threads = [threading.Thread(target=worker, args=(model,)) for model in ("small", "medium", "large")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for i in range(len(names)):
    print(answers[i])
