import asyncio

from client import ask

names = [f"item {i}" for i in range(6)]


async def gathered():
    return await asyncio.gather(*(asyncio.to_thread(ask, name) for name in names))


def answers():
    return asyncio.run(gathered())


async def main():
    for answer in answers():
        print(answer)


asyncio.run(main())
