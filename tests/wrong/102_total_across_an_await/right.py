import asyncio

from client import ask

names = [f"item {i}" for i in range(6)]


async def main():
    answers = await asyncio.gather(*(asyncio.to_thread(ask, name) for name in names))
    return sum(map(len, answers))


total = asyncio.run(main())
print(total)
