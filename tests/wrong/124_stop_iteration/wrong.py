import asyncio

from client import ask

names = [f"item {i}" for i in range(6)]
rest = iter(["a", "b", "c"])


async def main():
    tasks = [asyncio.create_task(asyncio.to_thread(ask, name)) for name in names]
    for task in tasks:
        print(await task, next(rest))


try:
    asyncio.run(main())
except StopIteration:
    print("no more letters")
