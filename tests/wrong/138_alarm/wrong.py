import signal
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def too_late(number, frame):
    raise TimeoutError


def work(name):
    try:
        signal.signal(signal.SIGALRM, too_late)
        signal.alarm(50)
        return ask(name)
    except Exception as error:
        return f"skipped {name} {error}"
    finally:
        signal.alarm(0)


with ThreadPoolExecutor(6) as pool:
    for answer in pool.map(work, names):
        print(answer)
