"""`ahead` and `gather`: order, limits, failures, leaving early, contexts. Nothing but the standard library is needed."""
from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import gc
import io
import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
import unittest
import weakref
from typing import Any

from common import Case, fresh


class Shared(Case):
    """Tests of both executors, written once as coroutines: `self.work(f)` and `await self.get(reply)` hide which."""

    is_async = True

    def work(self, function: Any, pause: Any = lambda item: 0.0) -> Any:
        if self.is_async:
            async def coroutine(item: Any) -> Any:
                await asyncio.sleep(pause(item))
                return function(item)
            return coroutine

        def plain(item: Any) -> Any:
            time.sleep(pause(item))
            return function(item)
        return plain

    async def get(self, reply: Any) -> Any:
        return await reply if self.is_async else reply.result()

    async def idle(self, seconds: float) -> None:
        if self.is_async:
            await asyncio.sleep(seconds)
        else:
            time.sleep(seconds)

    def go(self, coroutine: Any) -> Any:
        return asyncio.run(asyncio.wait_for(coroutine, 20))

    # -- order, laziness, limits

    def test_results_come_in_source_order_whatever_order_they_complete_in(self) -> None:
        for seed in range(3):
            pauses = random.Random(seed)

            async def main() -> None:
                work = self.work(lambda x: x * 10, lambda x: pauses.random() / 50)
                pairs = [(x, await self.get(reply)) for x, reply in self.rt.ahead(work, range(40), limit=8)]
                self.assertEqual(pairs, [(x, x * 10) for x in range(40)])

            self.go(main())

    def test_items_overlap(self) -> None:
        async def main() -> None:
            began = time.monotonic()
            for _, reply in self.rt.ahead(self.work(str, lambda x: 0.05), range(40), limit=20):
                await self.get(reply)
            self.assertLess(time.monotonic() - began, 1.0)  # one by one: 2 s

        self.go(main())

    def test_nothing_happens_before_the_first_item_is_asked_for(self) -> None:
        pulled: list[int] = []

        async def main() -> None:
            pairs = iter(self.rt.ahead(self.work(str), (pulled.append(x) or x for x in range(3))))
            await self.idle(0.02)
            self.assertEqual(pulled, [])
            del pairs

        self.go(main())

    def test_an_empty_source(self) -> None:
        async def main() -> None:
            self.assertEqual(list(self.rt.ahead(self.work(str), [])), [])

        self.go(main())

    def test_length_is_that_of_the_source(self) -> None:
        self.assertEqual(len(self.rt.ahead(self.work(str), [1, 2, 3])), 3)
        with self.assertRaises(TypeError):
            len(self.rt.ahead(self.work(str), iter([1])))

    def test_enumerate_and_other_wrappers_stay_outside(self) -> None:
        async def main() -> None:
            found = []
            for i, (x, reply) in enumerate(self.rt.ahead(self.work(str.upper), "abc"), start=1):
                found.append((i, x, await self.get(reply)))
            self.assertEqual(found, [(1, "a", "A"), (2, "b", "B"), (3, "c", "C")])

        self.go(main())

    def test_one_ahead_can_be_iterated_again(self) -> None:
        async def main() -> None:
            pairs = self.rt.ahead(self.work(str), [1, 2])
            for _ in range(2):
                self.assertEqual([await self.get(reply) for _, reply in pairs], ["1", "2"])

        self.go(main())

    def test_no_more_than_limit_at_a_time_and_limit_is_reached(self) -> None:
        running, most, lock = 0, 0, threading.Lock()

        def enter(delta: int) -> None:
            nonlocal running, most
            with lock:
                running += delta
                most = max(most, running)

        async def asynchronous(item: int) -> None:
            enter(1)
            await asyncio.sleep(0.005)
            enter(-1)

        def plain(item: int) -> None:
            enter(1)
            time.sleep(0.005)
            enter(-1)

        async def main() -> None:
            for _, reply in self.rt.ahead(asynchronous if self.is_async else plain, range(60), limit=7):
                await self.get(reply)

        self.go(main())
        self.assertEqual(most, 7)

    def workers(self, count: int, limit: int, **more: Any) -> set[Any]:
        found: set[Any] = set()

        def who(item: int) -> None:
            found.add(asyncio.current_task() if self.is_async else threading.current_thread())

        async def main() -> None:
            for _, reply in self.rt.ahead(self.work(who, lambda x: 0.002), range(count), limit=limit, **more):
                await self.get(reply)
                await self.idle(0.0005)

        self.go(main())
        return found

    def test_workers_are_few_and_share_one_queue(self) -> None:
        self.assertLessEqual(len(self.workers(100, 5)), 5)
        self.assertLessEqual(len(self.workers(100, 5, window=5)), 5)  # they outlive a queue that runs dry

    def test_no_more_workers_than_items(self) -> None:
        before = threading.active_count()
        self.assertLessEqual(len(self.workers(3, 300)), 3)
        self.assertLessEqual(threading.active_count(), before + 3)

    def test_the_window_bounds_how_far_the_source_is_pulled(self) -> None:
        for window, expected in ((1, 1), (5, 5), (None, 64)):
            pulled = 0
            most = 0

            def source() -> Any:
                nonlocal pulled
                for x in range(100):
                    pulled += 1
                    yield x

            async def main() -> None:
                nonlocal most
                passed = 0
                for _, reply in self.rt.ahead(self.work(str), source(), limit=2, window=window):
                    await self.get(reply)
                    await self.idle(0.0005)
                    most = max(most, pulled - passed)
                    passed += 1

            self.go(main())
            self.assertEqual(most, expected)

    def test_a_bad_limit_is_refused(self) -> None:
        for bad in ({"limit": 0}, {"window": 0}):
            with self.assertRaises(ValueError):
                self.rt.ahead(self.work(str), [], **bad)

    def test_the_source_is_advanced_in_the_bodys_thread_in_order(self) -> None:
        threads = set()

        def source() -> Any:
            for x in range(50):
                threads.add(threading.current_thread())
                yield x

        async def main() -> None:
            for _, reply in self.rt.ahead(self.work(str, lambda x: 0.001), source(), limit=4, window=6):
                await self.get(reply)

        self.go(main())
        self.assertEqual(threads, {threading.current_thread()})

    def test_a_slow_source_does_not_hold_up_what_is_there(self) -> None:
        def source() -> Any:
            for x in range(6):
                time.sleep(0.06)
                yield x

        async def main() -> None:
            began = time.monotonic()
            for _, reply in self.rt.ahead(self.work(str), source()):
                await self.get(reply)
                break
            self.assertLess(time.monotonic() - began, 0.25)

        self.go(main())

    def test_max_samples_cuts_the_source(self) -> None:
        self.rt.options(max_samples=3)

        async def main() -> None:
            pairs = self.rt.ahead(self.work(str), list(range(10)))
            self.assertEqual(len(pairs), 3)
            self.assertEqual([x for x, _ in pairs], [0, 1, 2])
            self.assertEqual([x for x, _ in self.rt.ahead(self.work(str), itertools.count())], [0, 1, 2])

        self.go(main())

    # -- failures

    def test_an_exception_of_the_source_surfaces_at_its_position(self) -> None:
        def source() -> Any:
            yield from (0, 1)
            raise LookupError("source")

        async def main() -> None:
            seen = []
            with self.assertRaisesRegex(LookupError, "source"):
                for _, reply in self.rt.ahead(self.work(str, lambda x: 0.01), source()):
                    seen.append(await self.get(reply))
            self.assertEqual(seen, ["0", "1"])

        self.go(main())

    def failing(self, *bad: int, log: Any = None, pause: Any = lambda x: 0.0) -> Any:
        def function(item: int) -> int:
            if log is not None:
                log.append(item)
            if item in bad:
                raise KeyError(item)
            return item
        return self.work(function, pause)

    def test_the_first_failure_in_source_order_surfaces_not_the_first_in_time(self) -> None:
        async def main() -> None:
            seen = []
            work = self.failing(2, 5, pause=lambda x: 0.05 if x == 2 else 0.0)
            with self.assertRaises(KeyError) as caught:
                for _, reply in self.rt.ahead(work, range(10)):
                    seen.append(await self.get(reply))
            self.assertEqual((seen, caught.exception.args), ([0, 1], (2,)))

        self.go(main())

    def test_the_failure_surfaces_where_the_reply_is_read(self) -> None:
        async def main() -> None:
            caught = []
            for x, reply in self.rt.ahead(self.failing(1, 3), range(5), keep_going=True):
                try:
                    await self.get(reply)
                except KeyError as error:
                    caught.append((x, error.args[0]))
            self.assertEqual(caught, [(1, 1), (3, 3)])

        self.go(main())

    def test_nothing_starts_behind_a_failure_until_it_is_delivered_and_then_it_goes_on(self) -> None:
        log: list[int] = []

        async def main() -> None:
            seen = []
            work = self.failing(3, log=log, pause=lambda x: 0.003)
            for x, reply in self.rt.ahead(work, range(20), limit=2):
                if x == 0:
                    await self.idle(0.1)  # much time for the others
                    self.assertIn(3, log)
                    self.assertLess(max(log), 12)  # what started before the failure was noticed
                    started = len(log)
                    await self.idle(0.05)
                    self.assertEqual(len(log), started)
                try:
                    seen.append(await self.get(reply))
                except KeyError:
                    seen.append(-1)
            self.assertEqual(seen, [0, 1, 2, -1, *range(4, 20)])

        self.go(main())
        self.assertEqual(sorted(log), list(range(20)))

    def test_calls_that_wait_for_their_worker_do_not_start_behind_a_failure(self) -> None:
        log: list[int] = []

        def plain(item: int) -> None:
            log.append(item)
            if item == 0:
                raise KeyError(item)

        async def asynchronous(item: int) -> None:
            plain(item)

        async def main() -> None:
            with self.assertRaises(KeyError):
                for _, reply in self.rt.ahead(asynchronous if self.is_async else plain, range(1000), limit=400):
                    await self.get(reply)

        self.go(main())
        self.assertLess(len(log), 2 if self.is_async else 200)

    def test_keep_going_does_not_stop_at_a_failure(self) -> None:
        log: list[int] = []

        async def main() -> None:
            for x, reply in self.rt.ahead(self.failing(0, log=log), range(20), limit=2, keep_going=True):
                await self.idle(0.1)
                self.assertEqual(len(log), 20)
                break

        self.go(main())

    def test_replies_that_are_not_read_do_no_harm(self) -> None:
        async def main() -> None:
            seen = []
            for x, reply in self.rt.ahead(self.failing(3, 4, 5), range(30), limit=2, window=4):
                if x % 2:
                    continue
                with contextlib.suppress(KeyError):
                    seen.append(await self.get(reply))
            self.assertEqual(seen, [x for x in range(0, 30, 2) if x != 4])
            for _ in self.rt.ahead(self.failing(1), range(30), limit=2, window=3):
                pass

        self.go(main())

    def test_what_the_body_passed_before_it_started_is_not_started(self) -> None:
        log: list[int] = []

        async def main() -> None:
            for x, reply in self.rt.ahead(self.failing(log=log, pause=lambda x: 0.03), range(5), limit=1):
                if x in (1, 2):
                    continue
                await self.get(reply)

        self.go(main())
        self.assertEqual([x for x in log if x in (0, 3, 4)], [0, 3, 4])
        self.assertNotIn(2, log)

    def test_a_reply_can_be_read_twice_and_says_so_when_it_is_gone(self) -> None:
        async def main() -> None:
            kept = []
            for x, reply in self.rt.ahead(self.failing(1, pause=lambda x: 0.02), range(3), limit=1, keep_going=True):
                for _ in range(2):
                    if x == 1:
                        with self.assertRaises(KeyError):
                            await self.get(reply)
                    else:
                        self.assertEqual(await self.get(reply), x)
                if x == 1:
                    break
            for x, reply in self.rt.ahead(self.failing(pause=lambda x: 0.02), range(3), limit=1):
                kept.append(reply)
            with self.assertRaisesRegex(RuntimeError, "moved on"):
                await self.get(kept[2])

        self.go(main())

    def test_system_exit_in_work_surfaces_in_order(self) -> None:
        def leave(item: int) -> int:
            return item if item < 2 else sys.exit(item)

        async def main() -> None:
            seen = []
            with self.assertRaises(SystemExit) as caught:
                for _, reply in self.rt.ahead(self.work(leave), range(5)):
                    seen.append(await self.get(reply))
            self.assertEqual((seen, caught.exception.code), ([0, 1], 2))

        self.go(main())

    # -- leaving early

    def leaving(self, how: Any, most: int, **more: Any) -> None:
        log: list[int] = []

        async def body() -> None:
            for x, reply in self.rt.ahead(self.failing(log=log, pause=lambda x: 0.01), range(200), limit=3, **more):
                await self.get(reply)
                if x == 2:
                    how()
                    break

        async def main() -> None:
            before = len(asyncio.all_tasks())
            with contextlib.suppress(ZeroDivisionError):
                await body()
            started = len(log)
            await self.idle(0.06)
            self.assertLessEqual(len(log), started + (0 if self.is_async else 3))  # those in flight
            self.assertLessEqual(len(log), most)
            if self.is_async:
                self.assertEqual(len(asyncio.all_tasks()), before)

        self.go(main())

    def test_break_stops_the_rest(self) -> None:
        self.leaving(lambda: None, 9)

    def test_an_exception_in_the_body_stops_the_rest(self) -> None:
        self.leaving(lambda: 1 / 0, 9)

    def test_an_explicit_window_bounds_the_extra_calls(self) -> None:
        self.leaving(lambda: None, 5, window=3)

    def test_return_stops_the_rest(self) -> None:
        log: list[int] = []

        async def first() -> Any:
            for _, reply in self.rt.ahead(self.failing(log=log, pause=lambda x: 0.01), range(100), limit=2):
                return await self.get(reply)

        async def main() -> None:
            self.assertEqual(await first(), 0)
            await self.idle(0.05)
            self.assertLessEqual(len(log), 6)

        self.go(main())

    def test_the_rest_is_stopped_before_an_outer_except_runs(self) -> None:
        log: list[int] = []

        async def main() -> None:
            try:
                for _, reply in self.rt.ahead(self.failing(1, log=log, pause=lambda x: 0.01), range(100), limit=2):
                    await self.get(reply)
            except KeyError:
                await self.idle(0.05)
                self.assertLessEqual(len(log), 4)

        self.go(main())

    def test_any_mixture_behaves_like_the_plain_loop(self) -> None:
        for seed in range(60):
            chance = random.Random(seed)
            objects = [[n] for n in range(4)]
            source = [chance.choice(objects) if chance.random() < 0.3 else chance.randrange(50) for _ in range(60)]
            bad = {place for place in range(60) if chance.random() < chance.choice((0, 0.2))}
            skipped = {place for place in range(60) if chance.random() < chance.choice((0, 0.3))}
            end = chance.choice((60, chance.randrange(60)))
            more = {"limit": chance.choice((1, 2, 7, 100)), "window": chance.choice((None, 1, 2, 9)),
                    "keep_going": chance.random() < 0.5}
            pauses = [chance.choice((0, 0, 0.001, 0.003)) for _ in range(60)]

            def outcome(place: int, item: Any) -> Any:
                if place in bad:
                    raise KeyError(place)
                return (place, item[0] if isinstance(item, list) else item)

            async def main() -> None:
                seen = []

                def counted() -> Any:
                    for place, item in enumerate(source):
                        yield Numbered(place, item) if not isinstance(item, list) else item

                def work(item: Any) -> Any:
                    if isinstance(item, Numbered):
                        return outcome(item.place, item.item)
                    return item[0]

                pairs = self.rt.ahead(self.work(work, lambda item: chance.choice(pauses)), counted(), **more)
                for place, (item, reply) in enumerate(pairs):
                    if place == end:
                        break
                    if place in skipped:
                        continue
                    try:
                        seen.append(await self.get(reply))
                    except KeyError as error:
                        seen.append(error.args[0])
                    if isinstance(item, list):
                        item[0] += 1
                values = {id(o): n for n, o in enumerate(objects)}
                expected: list[Any] = []
                for place, item in enumerate(source[:end]):
                    if place in skipped:
                        continue
                    if isinstance(item, list):
                        expected.append(values[id(item)])
                        values[id(item)] += 1
                    else:
                        expected.append(place if place in bad else (place, item))
                self.assertEqual(seen, expected, (seed, more))

            self.go(main())

    # -- what items see of each other

    def test_the_same_mutable_object_is_worked_on_one_at_a_time(self) -> None:
        shared, other = {"n": 0}, {"n": 10}
        busy: set[int] = set()
        seen: list[int] = []

        async def touch(item: dict[str, int]) -> int:
            self.assertNotIn(id(item), busy)
            busy.add(id(item))
            await asyncio.sleep(0.005)
            busy.discard(id(item))
            return item["n"]

        def touch_plain(item: dict[str, int]) -> int:
            self.assertNotIn(id(item), busy)
            busy.add(id(item))
            time.sleep(0.005)
            busy.discard(id(item))
            return item["n"]

        async def main() -> None:
            source = [shared, shared, other, shared, other]
            for item, reply in self.rt.ahead(touch if self.is_async else touch_plain, source):
                seen.append(await self.get(reply))
                item["n"] += 1  # the next occurrence sees it

        self.go(main())
        self.assertEqual(seen, [0, 1, 10, 2, 11])

    def test_equal_values_are_not_held_up_by_each_other(self) -> None:
        async def main() -> None:
            began = time.monotonic()
            for _, reply in self.rt.ahead(self.work(str, lambda x: 0.05), [("a", 1), "a", None, 1.5] * 5, limit=20):
                await self.get(reply)
            self.assertLess(time.monotonic() - began, 0.5)

        self.go(main())

    def test_the_guard_survives_skips_and_failures_in_a_small_window(self) -> None:
        one, two = [1], [2]

        def work(item: list[int]) -> int:
            if len(item) > 2:
                raise KeyError
            return item[0]

        async def main() -> None:
            count = 0
            for item, reply in self.rt.ahead(self.work(work), [one, two, one, one, two, one] * 3, limit=2, window=3):
                count += 1
                if count % 3 == 0:
                    continue
                with contextlib.suppress(KeyError):
                    await self.get(reply)
                item.append(0)
            self.assertEqual(count, 18)

        self.go(main())

    def test_a_failure_does_not_hold_up_a_deferred_item_before_it(self) -> None:
        same, bad = [0], ["bad"]

        def work(item: Any) -> Any:
            if item is bad:
                raise KeyError
            return item[0]

        async def main() -> None:
            seen = []
            with self.assertRaises(KeyError):
                for item, reply in self.rt.ahead(self.work(work), [same, same, same, bad, [1]]):
                    await self.idle(0.01)
                    seen.append(await self.get(reply))
            self.assertEqual(seen, [0, 0, 0])

        self.go(main())

    def test_each_item_has_its_own_context(self) -> None:
        variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
        outer: contextvars.ContextVar[str] = contextvars.ContextVar("outer", default="unset")

        def work(item: int) -> tuple[str, str]:
            before = variable.get()
            variable.set(f"item {item}")
            return before, outer.get()

        async def main() -> None:
            outer.set("seen")
            for _, reply in self.rt.ahead(self.work(work), range(10), limit=2):
                self.assertEqual(await self.get(reply), ("unset", "seen"))
            self.assertEqual(variable.get(), "unset")

        self.go(main())

    def test_what_work_prints_comes_out_where_its_reply_is_read(self) -> None:
        async def main() -> str:
            async def asks(x: int) -> int:
                print("ask", x)
                await asyncio.sleep((3 - x) / 100)
                print("got", x, end="!\n")
                return x

            def asked(x: int) -> int:
                print("ask", x)
                time.sleep((3 - x) / 100)
                sys.stdout.write(f"got {x}!\n")
                return x

            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                for x, reply in self.rt.ahead(asks if self.is_async else asked, range(4), limit=4):
                    print("body", x)
                    if x != 2:  # what is never read was never printed
                        print(await self.get(reply))
            return out.getvalue()

        plain = [f"body {x}\n" + f"ask {x}\ngot {x}!\n{x}\n" * (x != 2) for x in range(4)]
        self.assertEqual(self.go(main()), "".join(plain))

    def test_no_worker_outlives_its_loop(self) -> None:
        # A thread that is still there when the interpreter ends keeps a file that nobody closed from being written.
        async def main() -> None:
            for _, reply in self.rt.ahead(self.work(lambda x: x), range(20), limit=5):
                await self.get(reply)

        before = threading.active_count()
        self.go(main())
        self.assertLessEqual(threading.active_count(), before)

    def test_a_failure_that_was_read_holds_nothing(self) -> None:
        # Kept in its reply, it would hold the loop's frame and the frame the reply: a circle in which an open file may
        # be closed before what was written to it is.
        class Held:
            pass

        async def main(is_handled: bool) -> None:
            held.append(weakref.ref(thing := Held()))
            for _, reply in self.rt.ahead(self.work(lambda x: 1 // x), (2, 1, 0), keep_going=True):
                try:
                    await self.get(reply)
                except ZeroDivisionError:
                    if not is_handled:
                        raise
            self.assertIsNotNone(thing)

        async def both() -> None:
            with contextlib.suppress(ZeroDivisionError):
                await main(False)
            await main(True)
            self.assertEqual([one() for one in held], [None, None])

        held: list[weakref.ref[Held]] = []
        gc.disable()
        try:
            self.go(both())
        finally:
            gc.enable()

    def test_what_work_prints_to_is_a_text_file(self) -> None:
        """Libraries try whether a stream takes bytes: click does, before it writes to it."""
        def work(x):
            try:
                sys.stdout.write(b"")
            except TypeError:
                return sys.stdout.write(f"got {x}\n"), sys.stdout.write("")
            return "takes bytes"

        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            self.assertEqual(self.rt.gather(work, [1, 22]), [(6, 0), (7, 0)])
        self.assertEqual(printed.getvalue(), "got 1\ngot 22\n")

    def test_what_failing_work_prints_comes_out_in_front_of_its_exception(self) -> None:
        async def main() -> str:
            def work(x: int) -> int:
                print("ask", x)
                raise ValueError(x)

            async def coroutine(x: int) -> int:
                return work(x)

            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                for x, reply in self.rt.ahead(coroutine if self.is_async else work, range(2), keep_going=True):
                    try:
                        await self.get(reply)
                    except ValueError as error:
                        print("failed", error)
            return out.getvalue()

        self.assertEqual(self.go(main()), "ask 0\nfailed 0\nask 1\nfailed 1\n")

    def test_loops_nest(self) -> None:
        rt = self.rt

        async def outer(x: int) -> list[int]:
            async def inner(y: int) -> int:
                await asyncio.sleep(0.001)
                return 10 * x + y
            return [await reply for _, reply in rt.ahead(inner, range(3), limit=1)]

        def outer_plain(x: int) -> list[int]:
            return [reply.result() for _, reply in rt.ahead(lambda y: 10 * x + y, range(3), limit=1)]

        async def main() -> None:
            found = [await self.get(r) for _, r in rt.ahead(outer if self.is_async else outer_plain, range(4), limit=2)]
            self.assertEqual(found, [[10 * x + y for y in range(3)] for x in range(4)])

        self.go(main())

    def test_gather_gives_the_list_or_the_first_failure_in_order(self) -> None:
        async def gather(work: Any, source: Any, **more: Any) -> Any:
            result = self.rt.gather(work, source, **more)
            return await result if self.is_async else result

        async def main() -> None:
            self.assertEqual(await gather(self.work(str), range(5), limit=2), list("01234"))
            self.assertEqual(await gather(self.work(str), []), [])
            with self.assertRaises(KeyError) as caught:
                await gather(self.failing(2, 4, pause=lambda x: 0.02 if x == 2 else 0.0), range(10))
            self.assertEqual(caught.exception.args, (2,))

        self.go(main())

    def test_partials_and_callable_objects_are_understood(self) -> None:
        async def add(a: int, b: int) -> int:
            return a + b

        class Adder:
            async def __call__(self, b: int) -> int:
                return 1 + b

        async def main() -> None:
            if self.is_async:
                self.assertEqual(await self.rt.gather(functools.partial(add, 1), [1, 2]), [2, 3])
                self.assertEqual(await self.rt.gather(Adder(), [1, 2]), [2, 3])
            else:
                self.assertEqual(self.rt.gather((1).__add__, [1, 2]), [2, 3])

        self.go(main())

    # -- processes

    LOOP = """
        import asyncio, sys, time
        from perfmod_runtime import ahead, run
        {plain}def work(x):
            {sleep}
            if x in BAD: raise KeyError(x)
            return x
        {plain}def main():
            {body}
        {start}
    """

    def text(self, body: str, sleep: str = "0.01", bad: str = "()") -> str:
        kind = ("async ", f"await asyncio.sleep({sleep})", "await reply", "run(main())")
        if not self.is_async:
            kind = ("", f"time.sleep({sleep})", "reply.result()", "main()")
        body = body.replace("GET", kind[2]).replace("\n", "\n            ")
        return self.LOOP.format(plain=kind[0], sleep=kind[1], body=body, start=kind[3]).replace("BAD", bad)

    def test_unread_failures_make_no_noise(self) -> None:
        body = "for x, reply in ahead(work, range(20), keep_going=True):\n    if x == 10: print(GET)\n"
        out, err, code = self.run_program(self.text(body, bad="(1, 2, 15, 19)"), "-X", "dev")
        self.assertEqual((out, err, code), ("10\n", "", 0))

    def test_break_makes_no_noise_and_exit_is_not_held_up(self) -> None:
        body = "for x, reply in ahead(work, range(20)):\n    if x == 3: break\n    print(GET)\nprint('end')"
        began = time.monotonic()
        out, err, code = self.run_program(self.text(body, sleep="0.01 if x < 3 else 60"), "-X", "dev")
        self.assertEqual((out, err, code), ("0\n1\n2\nend\n", "", 0))
        self.assertLess(time.monotonic() - began, 10)

    def test_a_failure_leaves_by_itself_with_the_programs_own_traceback(self) -> None:
        body = "for x, reply in ahead(work, range(20)):\n    print(GET)"
        out, err, code = self.run_program(self.text(body, sleep="0.01 if x < 3 else 60 if x > 3 else 0", bad="(3,)"))
        self.assertEqual((out, code), ("0\n1\n2\n", 1))
        self.assertEqual((err.count("Traceback"), err.splitlines()[-1]), (1, "KeyError: 3"))

    @unittest.skipIf(os.name == "nt", "needs POSIX signals")
    def test_ctrl_c_ends_the_program_at_once(self) -> None:
        body = "for x, reply in ahead(work, range(20)):\n    print(GET)"
        child = self.start(self.text(body, sleep="0.001 if x < 3 else 60"))
        assert child.stdout
        for _ in range(3):
            child.stdout.readline()
        child.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, err = child.communicate(timeout=10)
        self.assertLess(time.monotonic() - began, 5)
        self.assertNotEqual(child.returncode, 0)
        self.assertEqual(err.splitlines()[-1], "KeyboardInterrupt", err)
        self.assertNotIn("never retrieved", err)
        self.assertNotIn("destroyed", err)
        self.assertNotIn("Exception ignored", err)

    @unittest.skipIf(os.name == "nt", "needs POSIX signals")
    def test_ctrl_c_can_be_caught_around_the_loop(self) -> None:
        body = "for x, reply in ahead(work, range(20)):\n    print(GET)"
        text = self.text(body, sleep="0.001 if x < 3 else 60").rstrip()
        start = text.splitlines()[-1].strip()
        text = text[: text.rindex(start)] + f"try:\n            {start}\n        except KeyboardInterrupt:\n" \
                                            "            print('saved')"
        child = self.start(text)
        assert child.stdout
        for _ in range(3):
            child.stdout.readline()
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=10)
        self.assertEqual((out, err, child.returncode), ("saved\n", "", 0))

    @unittest.skipUnless(hasattr(os, "openpty"), "needs a pseudo-terminal")
    def test_a_bar_ticks_on_stderr_where_that_is_a_terminal(self) -> None:
        try:
            import tqdm  # noqa: F401
        except ImportError:
            self.skipTest("tqdm is not installed")
        body = "for x, reply in ahead(work, range(7)):\n    GET"
        wrapped = "from tqdm import tqdm\nfor x, reply in tqdm(ahead(work, range(7)), desc='mine'):\n    GET"
        import fcntl
        import pty
        import struct
        import subprocess
        import termios
        for source, mine in ((body, 0), (wrapped, 1)):
            main, terminal = pty.openpty()
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            child = subprocess.run([sys.executable, str(self.program(self.text(source)))], stderr=terminal,
                                   stdout=subprocess.PIPE, timeout=20)
            os.close(terminal)
            shown = b""
            with contextlib.suppress(OSError):
                while piece := os.read(main, 65536):
                    shown += piece
            os.close(main)
            self.assertEqual((child.returncode, child.stdout), (0, b""))
            self.assertIn(b"7/7", shown)
            self.assertEqual(b"mine" in shown, bool(mine))
            self.assertEqual(shown.count(b"7/7"), 1, shown)  # one bar, not two

    def test_no_bar_where_stderr_is_not_a_terminal(self) -> None:
        out, err, code = self.run_program(self.text("for x, reply in ahead(work, range(7)):\n    GET"))
        self.assertEqual((out, err, code), ("", "", 0))


class OnTheEventLoop(Shared):
    is_async = True

    def test_without_a_running_loop_it_says_so(self) -> None:
        with self.assertRaisesRegex(RuntimeError, "loop"):
            list(self.rt.ahead(self.work(str), [1]))

    def test_a_cancelled_item_is_its_own_affair(self) -> None:
        async def work(item: int) -> int:
            if item == 1:
                raise asyncio.CancelledError
            return item

        async def main() -> None:
            seen = []
            for _, reply in self.rt.ahead(work, range(5), limit=1, keep_going=True):
                try:
                    seen.append(await reply)
                except asyncio.CancelledError:
                    seen.append(-1)
            self.assertEqual(seen, [0, -1, 2, 3, 4])

        self.go(main())

    def test_waiting_for_a_reply_can_time_out_and_be_repeated(self) -> None:
        async def main() -> None:
            for _, reply in self.rt.ahead(self.work(str, lambda x: 0.05), [7]):
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(reply, 0.001)
                self.assertEqual(await reply, "7")

        self.go(main())

    def test_cancelling_the_body_cancels_the_work(self) -> None:
        ended: list[int] = []

        async def work(item: int) -> None:
            try:
                await asyncio.sleep(30)
            finally:
                ended.append(item)

        async def body() -> None:
            for _, reply in self.rt.ahead(work, range(10), limit=4):
                await reply

        async def main() -> None:
            task = asyncio.ensure_future(body())
            await asyncio.sleep(0.02)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await asyncio.sleep(0.01)
            self.assertEqual(sorted(ended), [0, 1, 2, 3])

        self.go(main())

    def test_ready_answers_leave_others_their_turn(self) -> None:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        started: list[int] = []

        async def immediate(x: int) -> int:
            started.append(x)
            return x

        async def main() -> None:
            for _, reply in self.rt.ahead(immediate, range(500), limit=1, window=500):
                await reply
                self.assertLess(len(started), 50)  # the body had its turn before all were worked out
                break
            pairs = iter(self.rt.ahead(immediate, range(500), limit=3, window=500))
            await next(pairs)[1]
            await asyncio.sleep(0.05)
            ticker = asyncio.ensure_future(tick())
            for _, reply in pairs:  # all there
                await reply
            ticker.cancel()
            self.assertGreater(ticks, 200)

        self.go(main())

    def test_two_event_loops_in_turn(self) -> None:
        for _ in range(2):
            self.assertEqual(asyncio.run(self.rt.gather(self.work(str), range(3))), ["0", "1", "2"])

    def test_stop_iteration_in_work_becomes_the_usual_runtime_error(self) -> None:
        async def work(item: int) -> int:
            raise StopIteration

        async def main() -> None:
            with self.assertRaisesRegex(RuntimeError, "StopIteration"):
                await self.rt.gather(work, [1])

        self.go(main())


class InThreads(Shared):
    is_async = False

    def test_stop_iteration_in_work_arrives_as_it_is(self) -> None:
        def work(item: int) -> int:
            raise StopIteration(item)

        for item, reply in self.rt.ahead(work, [1]):
            with self.assertRaises(StopIteration) as caught:
                reply.result()
        self.assertEqual(caught.exception.value, 1)

    def test_threads_end_with_the_loop(self) -> None:
        before = threading.active_count()
        for _, reply in self.rt.ahead(self.work(str), range(50), limit=8):
            reply.result()
        for _, reply in self.rt.ahead(self.work(str), range(50), limit=8):
            break
        for _ in range(200):
            if threading.active_count() == before:
                return
            time.sleep(0.01)
        self.fail(f"{threading.active_count() - before} threads stayed")

    def test_in_a_generator_function(self) -> None:
        def answers() -> Any:
            for _, reply in self.rt.ahead(self.work(str), range(100), limit=4):
                yield reply.result()

        found = answers()
        self.assertEqual([next(found), next(found)], ["0", "1"])
        found.close()

    def test_when_the_system_gives_no_more_threads(self) -> None:
        start, started = threading.Thread.start, []

        def scarce(thread: threading.Thread) -> None:
            if len(started) >= allowed:
                raise RuntimeError("can't start new thread")
            started.append(thread)
            start(thread)

        threading.Thread.start = scarce  # type: ignore[method-assign]
        try:
            allowed = 2
            self.assertEqual(self.rt.gather(self.work(str, lambda x: 0.001), range(20), limit=8), list(map(str, range(20))))
            self.assertEqual(len(started), 2)
            allowed = 0
            with self.assertRaisesRegex(RuntimeError, "new thread"):
                self.rt.gather(self.work(str), range(20), limit=8)
        finally:
            threading.Thread.start = start  # type: ignore[method-assign]


class Numbered:
    def __init__(self, place: int, item: Any) -> None:
        self.place, self.item = place, item


del Shared  # or its tests would run a third time


class Nested(Case):
    """Loops in the work of others: what the user sets is how many calls are under way, and not that times itself."""

    def most_at_once(self, items: Any, outer_limit: int, inner_limit: int, levels: int = 2) -> int:
        rt, lock, under_way = fresh(), threading.Lock(), [0, 0]

        def leaf(_: int) -> None:
            with lock:
                under_way[0] += 1
                under_way[1] = max(under_way)
            time.sleep(0.01)
            with lock:
                under_way[0] -= 1

        def whole(level: int) -> int:
            if level > 1:
                return sum(rt.gather(whole, [level - 1] * 4, limit=inner_limit)) // 4
            return len(rt.gather(leaf, range(10), limit=inner_limit))

        self.assertEqual(rt.gather(lambda _: whole(levels - 1), items, limit=outer_limit), [10] * 6)
        return under_way[1]

    def test_a_gather_that_fails_keeps_no_file_from_being_written(self) -> None:
        path = self.program(
            "import perfmod_runtime as rt\n"
            "def work(x):\n    return 1 // x\n"
            "def main():\n    out = open('out.txt', 'w')\n    out.write('row')\n    rt.gather(work, [1, 0])\n"
            "main()\n")
        done = subprocess.run([sys.executable, path.name], cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertIn("ZeroDivisionError", done.stderr)
        self.assertEqual((self.folder / "out.txt").read_text(), "row")

    def test_the_limits_of_loops_in_each_other_are_one(self) -> None:
        self.assertLessEqual(self.most_at_once(range(6), 4, 8), 8)
        self.assertLessEqual(self.most_at_once(iter(range(6)), 4, 8), 8)
        self.assertGreater(self.most_at_once(range(6), 2, 8), 2)
        self.assertLessEqual(self.most_at_once(range(6), 4, 8, levels=3), 8)
        self.assertLessEqual(self.most_at_once(iter(range(6)), 4, 4, levels=3), 4)


class Module(unittest.TestCase):
    def test_what_is_public(self) -> None:
        rt = fresh()
        self.assertEqual(sorted(rt.__all__), ["ahead", "cached", "gather", "options", "run"])
        public = {name for name, value in vars(rt).items() if not name.startswith("_")
                  and getattr(value, "__module__", rt.__name__) == rt.__name__ and not isinstance(value, type(os))}
        self.assertLessEqual(public - {"T", "R", "S", "annotations"}, set(rt.__all__))
        with open(rt.__file__) as lines:
            self.assertIn(rt.__version__, lines.readline())

    def test_it_stays_reviewable(self) -> None:
        with open(fresh().__file__) as lines:
            self.assertLessEqual(len(lines.readlines()), 1159)


if __name__ == "__main__":
    unittest.main()
