import asyncio

from client import ask

names = [f"item {i}" for i in range(6)]


def work(name):
    answer = ask(name)
    if name == "item 2":
        raise KeyError(name)
    return answer


async def main():
    return await asyncio.gather(*(asyncio.to_thread(work, name) for name in names), return_exceptions=True)


answers = []
try:
    answers = [answer for answer in asyncio.run(main()) if not isinstance(answer, Exception)]
except KeyError as error:
    print("stopped", error)
print(len(answers), answers)
