import asyncio

from client import ask

names = [f"item {i}" for i in range(6)]


async def main():
    tasks = [
        asyncio.create_task(asyncio.to_thread(ask, name, model="large", temperature=0.2)) for name in names
    ]
    for task in tasks:
        print(await task)


asyncio.run(main())
