import asyncio

from client import ask

names = [f"item {i}" for i in range(3)]
gate = asyncio.Semaphore(2)


async def limited(prompt):
    async with gate:
        return await asyncio.to_thread(ask, prompt)


async def one(name):
    return await limited(await limited(f"rephrase {name}"))


async def main():
    tasks = [asyncio.create_task(one(name)) for name in names]
    for task in tasks:
        print(await task)


asyncio.run(main())
