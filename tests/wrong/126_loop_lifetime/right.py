import asyncio

from client import ask

names = [f"item {i}" for i in range(6)]


async def main(half):
    gate = asyncio.Semaphore(2)

    async def one(name):
        async with gate:
            return await asyncio.to_thread(ask, name)

    tasks = [asyncio.create_task(one(name)) for name in half]
    for task in tasks:
        print(await task)


for half in (names[:3], names[3:]):
    asyncio.run(main(half))
