"""One way to make N calls, in a process of its own: prints what it cost, from the first call to the last, as JSON.

    python calls.py WAY PORT --calls 2000 --limit 300
"""
from __future__ import annotations

import argparse
import asyncio
import json
import os
import pathlib
import resource
import statistics
import sys
import time
from typing import Any

RUNTIME = pathlib.Path(__file__).resolve().parents[2] / "transforms" / "runtime"
sys.path.insert(0, str(RUNTIME))
parser = argparse.ArgumentParser()
parser.add_argument("way")
parser.add_argument("port", type=int)
parser.add_argument("--calls", type=int, default=2000)
parser.add_argument("--limit", type=int, default=300)
parser.add_argument("--cache", default="off")
parser.add_argument("--rounds", type=int, default=200)
args = parser.parse_args()
os.environ.update(PERFMOD_CACHE="off" if args.cache == "off" else "on", PERFMOD_QUIET="1")
if args.cache != "off":
    os.environ["PERFMOD_CACHE_DIR"] = args.cache

import openai  # noqa: E402
from perfmod_runtime import ahead, cached, gather, run  # noqa: E402

URL = f"http://127.0.0.1:{args.port}/v1"


def request(number: int) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": f"question number {number}"}]}


def usage() -> tuple[float, float]:
    return time.process_time(), time.monotonic()


def client(**more: Any) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=URL, api_key="k", timeout=120, **more)  # a busy machine is no failure


async def naive() -> int:
    """asyncio.gather and a semaphore, as everyone writes it."""
    connection, semaphore = client(), asyncio.Semaphore(args.limit)

    async def ask(number: int) -> Any:
        async with semaphore:
            return await connection.chat.completions.create(**request(number))

    return len(await asyncio.gather(*map(ask, range(args.calls))))


async def unordered(connection: Any) -> int:
    """Workers over one iterator, results as they come: nothing waits for anything."""
    numbers, found = iter(range(args.calls)), []

    async def worker() -> None:
        for number in numbers:
            found.append(await connection.chat.completions.create(**request(number)))

    await asyncio.gather(*(worker() for _ in range(args.limit)))
    return len(found)


async def over(connection: Any, through: Any) -> int:
    async def ask(number: int) -> Any:
        if through is None:
            return await connection.chat.completions.create(**request(number))
        return await through(connection.chat.completions.create, **request(number))

    found = 0
    for _, reply in ahead(ask, range(args.calls), limit=args.limit):
        found += (await reply).choices[0].finish_reason == "stop"
    return found


def threads() -> int:
    connection = openai.OpenAI(base_url=URL, api_key="k", timeout=120)
    return len(gather(lambda number: cached(connection.chat.completions.create, **request(number)), range(args.calls),
                      limit=args.limit))


def aio() -> Any:
    return client(http_client=openai.DefaultAioHttpClient())


async def gathered() -> int:
    connection = client()
    return len(await gather(lambda_for(connection), range(args.calls), limit=args.limit))


def lambda_for(connection: Any) -> Any:
    async def ask(number: int) -> Any:
        return await cached(connection.chat.completions.create, **request(number))
    return ask


async def overhead(make: Any) -> int:
    """Rounds of calls without and with `cached`, in turn, over one client with a transport of its own, which `cached`
    leaves as it is: whatever else the machine does meets both."""
    ratios = []
    async with make() as connection:
        for turn in range(args.rounds):
            costs: dict[Any, float] = {}
            for through in (None, cached) if turn % 2 else (cached, None):
                began = time.process_time()
                await over(connection, through)
                costs[through] = time.process_time() - began
            ratios.append(costs[cached] / costs[None])
    global extra
    extra = {"ratio": statistics.median(ratios)}
    return len(ratios)


extra: dict[str, Any] = {}


async def made(way: Any, make: Any, *more: Any) -> int:
    async with make() as connection:
        return int(await way(connection, *more))


WAYS: dict[str, Any] = {
    "naive": lambda: asyncio.run(naive()),
    "perfmod": lambda: run(made(over, client, cached)),
    "gather": lambda: run(gathered()),
    "bare": lambda: run(made(over, aio, None)),
    "cached": lambda: run(made(over, aio, cached)),
    "unordered": lambda: run(made(unordered, client if args.cache == "default" else aio)),
    "threads": threads,
    "overhead": lambda: run(overhead(lambda: client(http_client=openai.DefaultAsyncHttpxClient()))),
    "overhead-aio": lambda: run(overhead(aio)),
}

began = usage()
done = WAYS[args.way]()
ended = usage()
print(json.dumps({"cpu": ended[0] - began[0], "wall": ended[1] - began[1], "done": done,
                  **extra, "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
