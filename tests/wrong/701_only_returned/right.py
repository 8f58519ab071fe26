from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def main():
    with ThreadPoolExecutor(6) as pool:
        return list(pool.map(ask, names))


result = main()
print(len(result), "answers")
