import asyncio

from client import ask

names = [f"item {i}" for i in range(6)]


async def main():
    return list(await asyncio.gather(*(asyncio.to_thread(ask, name) for name in names)))


print(asyncio.run(main()))
