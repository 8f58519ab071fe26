"""The most memory that a loop over many items takes above its results: in a process of its own for each way.

    python memory.py WAY [COUNT]      plain, loop, threads, cached
"""
from __future__ import annotations

import asyncio
import json
import os
import pathlib
import resource
import sys
import time
from typing import Any

RUNTIME = pathlib.Path(__file__).resolve().parents[2] / "transforms" / "runtime"
sys.path.insert(0, str(RUNTIME))
way, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
os.environ.update(PERFMOD_QUIET="1", PERFMOD_CACHE="on" if way == "cached" else "off")

from perfmod_runtime import cached, gather, run  # noqa: E402


def answer(item: int) -> str:
    return f"the answer to question number {item} of this run"


class Api:
    def ask(self, item: int) -> str:
        return answer(item)


async def ask(item: int) -> str:
    await asyncio.sleep(0)
    return answer(item)


async def main() -> list[str]:
    return await gather(ask, range(count))


def rss() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


api = Api()
WAYS: dict[str, Any] = {
    "plain": lambda: [answer(item) for item in range(count)],
    "loop": lambda: run(main()),
    "threads": lambda: gather(answer, range(count)),
    "cached": lambda: gather(lambda item: cached(api.ask, item), range(count), limit=4),
}
if way != "plain":
    gather(lambda _: time.sleep(0.2), range(300))  # threads have stacks, however many the items
before = rss()
results = WAYS[way]()
assert len(results) == count
print(json.dumps({"rss": rss() - before}))
