import asyncio

from client import ask

names = [f"item {i}" for i in range(6)]


async def main():
    return await asyncio.gather(*(asyncio.to_thread(ask, name, model="large", temperature=0.2) for name in names))


print(*asyncio.run(main()), sep="\n")
