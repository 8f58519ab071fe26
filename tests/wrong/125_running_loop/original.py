import asyncio

from client import ask

names = [f"item {i}" for i in range(6)]


def answers():
    return [ask(name) for name in names]


async def main():
    for answer in answers():
        print(answer)


asyncio.run(main())
