import signal
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def too_late(number, frame):
    raise TimeoutError


def work(future):
    signal.signal(signal.SIGALRM, too_late)
    signal.alarm(50)
    try:
        return future.result()
    finally:
        signal.alarm(0)


with ThreadPoolExecutor(6) as pool:
    futures = [pool.submit(ask, name) for name in names]
    for name, future in zip(names, futures):
        try:
            print(work(future))
        except Exception as error:
            print("skipped", name, error)
