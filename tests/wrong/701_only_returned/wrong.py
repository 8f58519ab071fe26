from concurrent.futures import ThreadPoolExecutor, as_completed

from client import ask

names = [f"item {i}" for i in range(6)]


def main():
    with ThreadPoolExecutor(6) as pool:
        return [done.result() for done in as_completed([pool.submit(ask, name) for name in names])]


result = main()
print(len(result), "answers")
