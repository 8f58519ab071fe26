import asyncio

from client import ask

names = [f"item {i}" for i in range(6)]
longest = ""


def report():
    print("longest:", longest)


async def main():
    longest = ""
    for answer in await asyncio.gather(*(asyncio.to_thread(ask, name) for name in names)):
        if len(answer) > len(longest):
            longest = answer


asyncio.run(main())
report()
