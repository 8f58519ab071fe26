"""`checkpoint`: what work gave is kept until the loop has run to its end. Nothing but the standard library is needed."""
from __future__ import annotations

import asyncio
import contextlib
import enum
import io
import os
import signal
import subprocess
import sys
import time
import unittest
from typing import Any

from common import Case, Client


class Text(str):
    pass


class Number(enum.IntEnum):
    one = 1


MODE = "a"


class Shared(Case):
    """Tests of both executors. `self.calls` are the items on which work was begun."""

    is_async = True

    def setUp(self) -> None:
        super().setUp()
        self.calls: list[Any] = []
        self.give: Any = lambda item: f"<{item}>"

    def work(self) -> Any:
        # What the tests look at is nothing that work names: a library's own objects are left out.
        sys.perfmod_test = {"calls": self.calls, "give": self.give}  # type: ignore[attr-defined]

        async def coroutine(item: Any) -> Any:
            sys.perfmod_test["calls"].append(item)
            return sys.perfmod_test["give"](item)

        def plain(item: Any) -> Any:
            sys.perfmod_test["calls"].append(item)
            return sys.perfmod_test["give"](item)

        return coroutine if self.is_async else plain

    def over(self, rt: Any, source: Any, body: Any = lambda item, value: None, *, work: Any = None, **how: Any) -> Any:
        """The loop, in a program that goes on after it: what each item gave, and what the runtime said."""
        work, found = work or self.work(), list[Any]()

        async def main() -> None:
            for item, reply in rt.ahead(work, source, **{"checkpoint": "test", "limit": 2, **how}):
                found.append(await reply if self.is_async else reply.result())
                if body(item, found[-1]) == "leave":
                    break

        with contextlib.redirect_stderr(io.StringIO()) as err:
            try:
                asyncio.run(asyncio.wait_for(main(), 20))
            finally:
                self.said = err.getvalue()
        return found

    def stopped(self, source: Any, at: Any, **how: Any) -> None:
        """A run that an exception ends at an item, as a process that is killed leaves it."""
        def body(item: Any, value: Any) -> None:
            if item == at:
                raise InterruptedError

        with contextlib.suppress(InterruptedError):
            self.over(self.again(quiet=False), source, body, **how)

    def next(self, source: Any, **how: Any) -> Any:
        self.calls.clear()
        return self.over(self.again(quiet=False), source, **how)

    def files(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "cache").glob("*.jsonl"))

    def test_a_stopped_run_is_gone_on_with_and_one_that_ended_is_not(self) -> None:
        self.stopped(range(20), at=9)
        first = list(self.calls)
        self.assertGreaterEqual(len(first), 10)
        self.assertEqual(self.files(), ["checkpoint-1-all-test.jsonl"])
        self.assertEqual(self.next(range(20)), [f"<{item}>" for item in range(20)])
        self.assertLessEqual(len(first) + len(self.calls), 22)
        self.assertTrue(set(self.calls) | set(first) == set(range(20)) and not set(self.calls) & set(range(10)))
        self.assertIn("come from", self.said)
        self.assertEqual(self.files(), [])
        self.next(range(20))
        self.assertEqual((sorted(self.calls), self.said), (list(range(20)), ""))

    def test_gather_takes_it_too(self) -> None:
        def fails(item: Any) -> Any:
            if item == 5:
                raise KeyError(item)
            return item

        async def main(rt: Any) -> Any:
            found = rt.gather(self.work(), range(8), limit=1, checkpoint="test")
            return await found if self.is_async else found

        self.give = fails
        with contextlib.suppress(KeyError):
            asyncio.run(main(self.again()))
        self.assertEqual(self.calls, [0, 1, 2, 3, 4, 5])  # a failure is not kept
        self.calls.clear()
        self.give = lambda item: item
        self.assertEqual(asyncio.run(main(self.again())), list(range(8)))
        self.assertEqual(self.calls, [5, 6, 7])

    def test_what_is_plain_comes_back_equal_and_of_its_type(self) -> None:
        plain = [None, True, 1, 1.5, -0.0, 10**30, 1e300, "é\ud800\n", [], [1, [2.0, None]], {"a": {"b": [True]}}, (),
                 (1, "a"), (None, [1])]
        self.give = lambda item: plain[item]
        self.stopped(range(len(plain)), at=len(plain) - 1)
        found = self.next(range(len(plain)))
        self.assertEqual(self.calls, [])
        self.assertEqual(repr(found), repr(plain))

    def test_what_is_not_plain_is_asked_again_and_that_is_said_once(self) -> None:
        odd = [float("nan"), b"x", {1: 2}, {1, 2}, Text("x"), Number.one, (1, (2,)), [(1,)], object(), {"a": Text("b")},
               [Number.one], (Text("x"),)]
        self.give = lambda item: odd[item]
        self.stopped(range(len(odd)), at=len(odd) - 1)
        self.assertEqual(self.said.count("what work gives is not plain data"), 1)
        found = self.next(range(len(odd)))
        self.assertEqual(sorted(self.calls), list(range(len(odd))))
        self.assertTrue(all(new is old for new, old in zip(found, odd)))

    def test_items_that_are_not_plain_are_not_told_apart_by_their_place(self) -> None:
        for items in [[object(), object()], [Text("a"), Text("b")], [b"a", b"b"], [{1: 2}, {3: 4}]]:
            self.stopped(items, at=items[1])
            self.assertIn("an item is not plain data", self.said)
            self.next(items)
            self.assertEqual(len(self.calls), 2)

    def test_items_of_other_types_are_others(self) -> None:
        self.stopped([1, (1, 2), "1", None], at=None)
        self.assertEqual(self.next([True, 1.0, [1, 2], "None"]), ["<True>", "<1.0>", "<[1, 2]>", "<None>"])
        self.assertEqual(len(self.calls), 4)

    def test_equal_items_keep_each_its_own(self) -> None:
        drawn = iter(range(100))
        self.give = lambda item: next(drawn)
        self.stopped(["a", "a", "b", "a", "z"], at="z", limit=1)
        self.assertEqual(self.next(["a", "a", "b", "a", "z", "a"], limit=1), [0, 1, 2, 3, 4, 5])
        self.assertEqual(self.calls, ["a"])

    def test_an_object_that_comes_again_waits_for_its_turn(self) -> None:
        first, other = {"n": 0}, {"n": 7}

        def body(item: Any, value: Any) -> None:
            item["n"] += 1
            if item["n"] == 3:
                raise InterruptedError

        self.give = lambda item: item["n"]
        with contextlib.suppress(InterruptedError):
            self.over(self.again(), [first, first, first, other], body)
        first["n"], other["n"] = 0, 7
        self.calls.clear()
        found = self.over(self.again(), [first, first, first, first, other], lambda item, value: item.update(n=item["n"] + 1))
        self.assertEqual(found, [0, 1, 2, 3, 7])
        self.assertLessEqual(len(self.calls), 2)

    def test_prints_are_printed_again(self) -> None:
        def give(item: Any) -> Any:
            print("working on", item)
            return item

        self.give = give
        with contextlib.redirect_stdout(io.StringIO()) as first:
            self.stopped(range(4), at=3)
        with contextlib.redirect_stdout(io.StringIO()) as second:
            self.next(range(4))
        self.assertEqual(self.calls, [])
        self.assertEqual(first.getvalue(), "".join(f"working on {item}\n" for item in range(4)))
        self.assertEqual(second.getvalue(), first.getvalue())

    def test_other_code_or_other_values_ask_anew(self) -> None:
        global MODE
        self.addCleanup(globals().update, MODE=MODE)
        for change in [lambda: None, lambda: globals().update(MODE="b")]:
            works = [self.closing_over("x"), self.closing_over("x")]
            self.stopped(range(3), at=2, work=works[0])
            change()
            self.next(range(3), work=works[1])
            self.assertEqual(len(self.calls), 0 if MODE == "a" else 3, MODE)
            MODE = "a"
        self.stopped(range(3), at=2, work=self.closing_over("x"))
        self.next(range(3), work=self.closing_over("y"))
        self.assertEqual(sorted(self.calls), [0, 1, 2])

    def closing_over(self, value: Any) -> Any:
        call = self.work()
        if self.is_async:
            async def ask(item: Any) -> Any:
                return await call(item), value, mode()
            return ask

        def ask_plain(item: Any) -> Any:
            return call(item), value, mode()
        return ask_plain

    def test_what_cannot_be_told_keeps_nothing(self) -> None:
        with open(__file__) as file:
            self.stopped(range(3), at=2, work=self.closing_over(file))
            self.assertIn("nothing is kept in the checkpoint test: cannot pickle", self.said)
            self.assertEqual(self.files(), [])
            self.next(range(3), work=self.closing_over(file))
        self.assertEqual(sorted(self.calls), [0, 1, 2])

    def test_it_is_off_where_the_cache_is(self) -> None:
        self.stopped(range(3), at=2)
        self.calls.clear()
        self.over(self.again(cache=False), range(3))
        self.assertEqual((sorted(self.calls), self.files()), ([0, 1, 2], ["checkpoint-1-all-test.jsonl"]))
        self.calls.clear()
        self.over(self.again(clear_cache=True), range(3))
        self.assertEqual((sorted(self.calls), self.files()), ([0, 1, 2], []))

    def test_a_sample_leaves_the_whole_alone(self) -> None:
        self.stopped(range(9), at=5)
        self.calls.clear()
        self.assertEqual(self.over(self.again(max_samples=3), range(9)), ["<0>", "<1>", "<2>"])
        self.assertEqual(sorted(self.calls), [0, 1, 2])
        self.next(range(9))
        self.assertFalse(set(self.calls) & set(range(6)))

    def test_what_is_known_takes_no_turn(self) -> None:
        self.stopped(range(20), at=19, limit=20)
        began = time.monotonic()
        self.assertEqual(len(self.next(range(21), pace=5.0)), 21)
        self.assertEqual(self.calls, [20])
        self.assertLess(time.monotonic() - began, 4)

    def test_a_loop_that_runs_again_asks_again(self) -> None:
        rt = self.again()
        work = self.work()
        for _ in range(2):
            self.over(rt, range(3), lambda item, value: "leave" if item == 1 else None, work=work, window=2)
        self.assertGreaterEqual(len(self.calls), 4)
        self.assertEqual(len(self.files()), 2)

    def test_inside_the_work_of_another_it_keeps_nothing(self) -> None:
        rt, inner = self.again(quiet=False), self.work()

        async def outer_async(item: Any) -> Any:
            return await rt.gather(inner, [1, 2], checkpoint="inner")

        def outer(item: Any) -> Any:
            return rt.gather(inner, [1, 2], checkpoint="inner")

        self.assertEqual(self.over(rt, [1], work=outer_async if self.is_async else outer, checkpoint=""), [["<1>", "<2>"]])
        self.assertIn("runs inside the work of another", self.said)

    def test_draws_of_items_that_are_asked_are_the_same(self) -> None:
        client = Client()

        def ask(rt: Any) -> Any:
            async def coroutine(item: Any) -> Any:
                return (await rt.cached(client.async_completions.create, model="m", prompt=item))["text"]

            def plain(item: Any) -> Any:
                return rt.cached(client.completions.create, model="m", prompt=item)["text"]
            return coroutine if self.is_async else plain

        rt = self.again()
        everything = self.over(rt, ["a", "b", "a", "b", "a"], work=ask(rt), limit=1, checkpoint="")
        for kept in self.folder.glob("cache/checkpoint*"):
            self.fail(str(kept))
        for at in ["b", "a"]:
            rt = self.again()
            with contextlib.suppress(InterruptedError):
                self.over(rt, ["a", "b", "a", "b", "a"], lambda item, value: _raise(item == at), work=ask(rt), limit=1)
            rt = self.again()
            self.assertEqual(self.over(rt, ["a", "b", "a", "b", "a"], work=ask(rt), limit=1), everything)
        self.assertEqual(len(client.transport.sent), 5)

    def test_the_last_ones_to_end_write_no_file_behind_it(self) -> None:
        async def main() -> None:
            rt = self.again()
            for _item, reply in rt.ahead(self.slow(), range(4), checkpoint="test"):
                pass  # nobody wants the answers
            await asyncio.sleep(0.4)

        asyncio.run(main())
        self.assertEqual(self.files(), [])

    def slow(self) -> Any:
        async def coroutine(item: Any) -> Any:
            await asyncio.sleep(0.1)
            return item

        def plain(item: Any) -> Any:
            time.sleep(0.1)
            return item
        return coroutine if self.is_async else plain


def _raise(whether: bool) -> None:
    if whether:
        raise InterruptedError


def mode() -> str:
    return MODE


class OnTheEventLoop(Shared):
    is_async = True


class InThreads(Shared):
    is_async = False


PROGRAM = """
import asyncio, os, sys, time
from perfmod_runtime import ahead

def count(item):
    with open("calls.txt", "a") as calls:
        calls.write(f"{item}\\n")

async def ask_async(item):
    count(item)
    await asyncio.sleep(0.01)
    return {"item": item, "square": item * item}

def ask(item):
    count(item)
    time.sleep(0.01)
    return {"item": item, "square": item * item}

async def main():
    is_async = sys.argv[1:] == ["async"]
    with open("out.txt", "w") as out:
        for item, reply in ahead(ask_async if is_async else ask, range(300), limit=5, checkpoint="squares"):
            got = await reply if is_async else reply.result()
            out.write(f"{item} {got['square']}\\n")
            out.flush()
            print(item, flush=True)
            if item == 200 and os.environ.get("HOW") == "leave":
                break
            if item == 200 and os.environ.get("HOW") == "fail":
                raise KeyError(item)

asyncio.run(main())
"""


class Killed(Case):
    def counted(self) -> list[int]:
        return [int(line) for line in (self.folder / "calls.txt").read_text().split()]

    def test_a_killed_run_resumes_and_what_was_appended_is_there(self) -> None:
        for how in ("async", "threads"):
            with self.subTest(how):
                (self.folder / "calls.txt").unlink(missing_ok=True)
                self.run_killed(how, 120)
                self.run_killed(how, 200)
                before = self.counted()
                out, err, code = self.run_program(PROGRAM, how)
                self.assertEqual((code, out.split()), (0, [str(item) for item in range(300)]), err)
                self.assertIn("a run that was stopped", err)
                self.assertEqual((self.folder / "out.txt").read_text(),
                                 "".join(f"{item} {item * item}\n" for item in range(300)))
                # Twice it was killed, each time with at most five in flight.
                self.assertEqual(set(self.counted()), set(range(300)))
                self.assertLessEqual(len(self.counted()), 300 + 2 * 5)
                self.assertLess(len(self.counted()) - len(before), 105)
                # A run that has ended is not gone on with.
                self.run_program(PROGRAM, how)
                self.assertGreaterEqual(len(self.counted()), 600)

    def run_killed(self, how: str, at: int) -> None:
        child = self.start(PROGRAM, how)
        assert child.stdout
        for line in child.stdout:
            if int(line) >= at:
                break
        child.send_signal(signal.SIGKILL)
        child.wait(10)
        child.stdout.close()
        kept = (self.folder / "out.txt").read_text().splitlines()
        self.assertGreater(len(kept), at)  # each line that was printed was written before

    def test_what_ends_by_itself_runs_anew_and_what_fails_does_not(self) -> None:
        for how, is_kept in (("leave", False), ("fail", True)):
            (self.folder / "calls.txt").unlink(missing_ok=True)
            self.run_program(PROGRAM, "async", HOW=how)
            first = len(self.counted())
            self.assertEqual(bool(list(self.folder.glob(".perfmod/cache/checkpoint-*.jsonl"))), is_kept, how)
            self.run_program(PROGRAM, "async")
            self.assertEqual(len(self.counted()) <= 305, is_kept, (how, first))

    def start(self, source: str, *flags: str, **environment: str) -> Any:  # flags are the program's here
        path = self.program(source)
        child = subprocess.Popen([sys.executable, str(path), *flags], text=True, cwd=self.folder,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 env={**os.environ, "PYTHONUNBUFFERED": "1", **environment})
        self.addCleanup(self._end, child)
        return child


del Shared  # or its tests would run a third time

if __name__ == "__main__":
    unittest.main()
