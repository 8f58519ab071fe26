import asyncio

from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    answer = ask(name)
    if name == "item 2":
        raise KeyError(name)
    return answer


async def main():
    tasks = [asyncio.create_task(asyncio.to_thread(work, name)) for name in names]
    for task in tasks:
        answers.append(await task)


answers = []
try:
    asyncio.run(main())
except KeyError as error:
    print("stopped", error)
print(len(answers), answers)
