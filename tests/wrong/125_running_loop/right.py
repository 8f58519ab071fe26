import asyncio

from client import ask

names = [f"item {i}" for i in range(6)]


async def answers():
    return await asyncio.gather(*(asyncio.to_thread(ask, name) for name in names))


async def main():
    for answer in await answers():
        print(answer)


asyncio.run(main())
