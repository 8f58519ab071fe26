import asyncio

from client import ask

names = [f"item {i}" for i in range(6)]


async def score(name):
    return await asyncio.to_thread(ask, name)


async def main():
    scores = await asyncio.gather(*map(score, names))
    print([name for _, name in sorted(zip(scores, names))])
    again = await asyncio.gather(*(score(name + "?") for name in names))
    print([name for name, answer in zip(names, again) if answer])


asyncio.run(main())
