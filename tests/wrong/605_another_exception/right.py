from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def number(prompt):
    return int(ask(prompt))


with ThreadPoolExecutor(6) as pool:
    futures = [pool.submit(number, name) for name in names]
    for name, future in zip(names, futures):
        try:
            print(future.result())
        except ValueError as error:
            print(name, "is no number:", error)
        except Exception as error:
            print("unexpected", type(error).__name__)
