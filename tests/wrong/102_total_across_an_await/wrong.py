import asyncio

from client import ask

names = [f"item {i}" for i in range(6)]
total = 0


async def add(name):
    global total
    total += len(await asyncio.to_thread(ask, name))


async def main():
    await asyncio.gather(*(add(name) for name in names))


asyncio.run(main())
print(total)
