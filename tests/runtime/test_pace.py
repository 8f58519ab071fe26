"""`pace`: the least time between two starts of work. Nothing but the standard library is needed."""
from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import threading
import time
import unittest
from typing import Any

from common import Case

PACE = 0.05


class Shared(Case):
    """Tests of both executors. `self.starts` is when work began, `self.order` on which item."""

    is_async = True

    def setUp(self) -> None:
        super().setUp()
        self.starts: list[float] = []
        self.order: list[Any] = []

    def work(self, seconds: float = 0.0, fails: Any = ()) -> Any:
        def begin(item: Any) -> None:
            self.starts.append(time.monotonic())
            self.order.append(item)

        def end(item: Any) -> Any:
            if item in fails:
                raise KeyError(item)
            return item

        async def coroutine(item: Any) -> Any:
            begin(item)
            await asyncio.sleep(seconds)
            return end(item)

        def plain(item: Any) -> Any:
            begin(item)
            time.sleep(seconds)
            return end(item)
        return coroutine if self.is_async else plain

    def over(self, source: Any, body: Any = lambda item, value: None, work: Any = None, **how: Any) -> list[Any]:
        work = self.work() if work is None else work

        async def main() -> list[Any]:
            found = []
            for item, reply in self.rt.ahead(work, source, **{"pace": PACE, **how}):
                found.append(await reply if self.is_async else reply.result())
                if body(item, found[-1]) == "leave":
                    break
            return found

        return asyncio.run(asyncio.wait_for(main(), 20))

    def paced(self, pace: float = PACE) -> None:
        gaps = [later - earlier for earlier, later in zip(self.starts, self.starts[1:])]
        self.assertGreater(len(gaps), 1)
        # Between the clock that was asked and the first line of work lies what a busy machine takes: one gap may be
        # short by it. Two starts at once, anywhere, would be a whole gap less.
        self.assertGreaterEqual(sum(gaps), pace * (len(gaps) - 0.9), gaps)

    def test_starts_lie_apart_and_in_order_while_work_overlaps(self) -> None:
        began = time.monotonic()
        self.assertEqual(self.over(range(12), work=self.work(0.3)), list(range(12)))
        self.paced()
        self.assertEqual(self.order, list(range(12)))
        self.assertLess(time.monotonic() - began, 2.5)  # 3.6 one after the other

    def test_gather_takes_it_too(self) -> None:
        async def main() -> Any:
            found = self.rt.gather(self.work(), range(5), pace=PACE)
            return await found if self.is_async else found

        self.assertEqual(asyncio.run(main()), list(range(5)))
        self.paced()

    def test_no_pace_means_no_pauses(self) -> None:
        began = time.monotonic()
        self.over(range(200), pace=0)
        self.assertLess(time.monotonic() - began, 2)
        self.assertEqual(self.rt._starts, {})

    def test_loops_in_turn_and_loops_within_a_loop_share_it(self) -> None:
        for _ in range(3):
            self.over([1], work=self.work())  # a new function each time, from the same place
        self.paced()
        self.starts.clear()

        async def outer_async(x: int) -> Any:
            return await self.rt.gather(self.work(), range(3), pace=PACE)

        def outer(x: int) -> Any:
            return self.rt.gather(self.work(), range(3), pace=PACE)

        self.over(range(3), work=outer_async if self.is_async else outer, pace=0)
        self.assertEqual(len(self.starts), 9)
        self.paced()

    def test_partials_methods_and_callable_objects(self) -> None:
        for wrap in (functools.partial, Callable, lambda work: Callable(work).__call__):
            if self.is_async and wrap is not functools.partial:
                continue  # a plain `__call__`
            self.starts.clear()
            for _ in range(2):
                self.over(range(2), work=wrap(self.work()))
            self.paced()

    def test_nothing_starts_behind_a_failure(self) -> None:
        with contextlib.suppress(KeyError):
            self.over(range(10), work=self.work(0.0, fails=[2]))
        self.assertEqual(self.order, [0, 1, 2])
        self.order.clear()
        seen = []

        async def main() -> None:
            for item, reply in self.rt.ahead(self.work(0.0, fails=[2]), range(5), pace=PACE):
                try:
                    seen.append(await reply if self.is_async else reply.result())
                except KeyError:
                    seen.append(None)

        asyncio.run(asyncio.wait_for(main(), 10))
        self.assertEqual((seen, self.order), ([0, 1, None, 3, 4], list(range(5))))

    def test_a_loop_that_is_left_starts_nothing_more_and_does_not_wait(self) -> None:
        began = time.monotonic()
        self.over(range(10), lambda item, value: "leave" if item == 1 else None, pace=0.4)
        self.assertLess(time.monotonic() - began, 1.3)
        threads = {thread.name for thread in threading.enumerate()}
        self.assertNotIn("perfmod", threads)
        self.assertEqual(self.order, [0, 1])

    def test_with_a_limit_of_one(self) -> None:
        self.over(range(4), work=self.work(0.05), limit=1)
        gaps = [later - earlier for earlier, later in zip(self.starts, self.starts[1:])]
        self.assertGreaterEqual(min(gaps), 0.049)
        self.assertLess(sum(gaps), 0.6)  # the time of the work counts

    def test_an_endless_source(self) -> None:
        found = self.over(itertools.count(), lambda item, value: "leave" if item == 3 else None, window=3)
        self.assertEqual(found, [0, 1, 2, 3])
        self.paced()

    def test_a_bad_pace_is_refused(self) -> None:
        for bad in (-1, float("inf"), float("nan")):
            with self.assertRaisesRegex(ValueError, "pace"):
                self.rt.ahead(str, [], pace=bad)


class Callable:
    def __init__(self, work: Any) -> None:
        self.work = work

    def __call__(self, item: Any) -> Any:
        return self.work(item)


class OnTheEventLoop(Shared):
    is_async = True


class InThreads(Shared):
    is_async = False

    def test_when_the_system_gives_no_more_threads(self) -> None:
        start = threading.Thread.start
        threading.Thread.start = lambda thread: (_ for _ in ()).throw(RuntimeError("no thread"))  # type: ignore
        try:
            for _ in range(2):
                with self.assertRaisesRegex(RuntimeError, "no thread"):
                    self.rt.gather(self.work(), range(3), pace=PACE)
        finally:
            threading.Thread.start = start  # type: ignore[method-assign]


del Shared  # or its tests would run a third time

if __name__ == "__main__":
    unittest.main()
