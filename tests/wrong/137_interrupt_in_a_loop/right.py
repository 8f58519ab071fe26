import asyncio
import signal

from client import ask

names = [f"item {i}" for i in range(6)]
answers = []


async def main():
    tasks = [asyncio.create_task(asyncio.to_thread(ask, name)) for name in names]
    for i, task in enumerate(tasks):
        answers.append(await task)
        if i == 2:
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(0)


try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("saving", answers)
print("done")
