import signal

from client import ask

names = [f"item {i}" for i in range(6)]


def too_late(number, frame):
    raise TimeoutError


def work(name):
    signal.signal(signal.SIGALRM, too_late)
    signal.alarm(50)
    try:
        return ask(name)
    finally:
        signal.alarm(0)


for name in names:
    try:
        print(work(name))
    except Exception as error:
        print("skipped", name, error)
