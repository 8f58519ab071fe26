import asyncio

from client import ask

names = [f"item {i}" for i in range(6)]


async def main():
    answers = []
    for done in asyncio.as_completed([asyncio.to_thread(ask, name) for name in names]):
        answers.append(await done)
    return answers


print(asyncio.run(main()))
