import sys
import threading

from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    answer = ask(name)
    if name == "item 2":
        print("giving up")
        sys.exit(4)
    print(answer)


threads = [threading.Thread(target=work, args=(name,)) for name in names]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
