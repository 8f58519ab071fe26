import asyncio

from client import ask

names = [f"item {i}" for i in range(6)]
gate = asyncio.Semaphore(2)


async def one(name):
    async with gate:
        return await asyncio.to_thread(ask, name)


async def main(half):
    return await asyncio.gather(*map(one, half))


for half in (names[:3], names[3:]):
    for answer in asyncio.run(main(half)):
        print(answer)
