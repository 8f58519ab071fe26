import asyncio

from client import ask

names = ["item 0", "item 1: how many?", "item 2"]


async def number(prompt):
    slept = 0
    tries = 0
    while slept < 100:
        tries += 1
        try:
            return int(await asyncio.to_thread(ask, f"{prompt}, try {tries}"))
        except ValueError:
            await asyncio.sleep(60)
            slept += 60
    return "too late"


async def main():
    tasks = [asyncio.create_task(number(name)) for name in names]
    for name, task in zip(names, tasks):
        print(name, await task)


asyncio.run(main())
