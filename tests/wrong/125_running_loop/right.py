# The helper stays a plain function: a pool of threads needs no loop.
import asyncio
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def answers():
    with ThreadPoolExecutor(6) as pool:
        return list(pool.map(ask, names))


async def main():
    for answer in answers():
        print(answer)


asyncio.run(main())
