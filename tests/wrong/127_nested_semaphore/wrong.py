import asyncio

from client import ask

names = [f"item {i}" for i in range(3)]
gate = asyncio.Semaphore(2)


async def limited(prompt):
    async with gate:
        return await asyncio.to_thread(ask, prompt)


async def one(name):
    async with gate:
        return await asyncio.to_thread(ask, await limited(f"rephrase {name}"))


async def main():
    for answer in await asyncio.gather(*map(one, names)):
        print(answer)


asyncio.run(main())
