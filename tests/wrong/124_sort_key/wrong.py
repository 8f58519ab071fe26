# A coroutine is always true, and nobody awaits it.
import asyncio

from client import ask

names = [f"item {i}" for i in range(6)]


async def score(name):
    return await asyncio.to_thread(ask, name)


async def main():
    scores = await asyncio.gather(*map(score, names))
    print([name for _, name in sorted(zip(scores, names))])
    print([name for name in names if score(name + "?")])


asyncio.run(main())
