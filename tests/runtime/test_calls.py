"""`ahead.calls`: what a guess asks is there when the loop's body asks it, and everything else is as without it."""
from __future__ import annotations

import asyncio
import contextlib
import io
import threading
import time
import unittest
from collections.abc import Callable, Iterator
from typing import Any

from common import Case, Client, Failure


class Calls(Case):
    def setUp(self) -> None:
        super().setUp()
        self.client = Client(max_retries=0)
        self.sent = self.client.transport.sent

    def ask(self, prompt: str, form: str = "__call__", **more: Any) -> str:
        call = getattr(self.rt.cached, form)
        text: str = call(self.client.completions.create, model="m", prompt=prompt, **more)["text"]
        return text

    def prompts(self) -> list[str]:
        return sorted(request["prompt"] for request in self.sent)

    def keys(self) -> list[str]:
        return sorted(line["key"] for line in self.lines())

    def test_calls_overlap_and_the_body_runs_in_order(self) -> None:
        most = [0, 0]

        def slow(request: dict[str, Any]) -> dict[str, str]:
            most[0] += 1
            most[1] = max(most)
            time.sleep(0.05)
            most[0] -= 1
            return {"text": request["prompt"].upper()}

        self.client.transport.answer = slow
        for form in ("__call__", "once", "live", "plain"):
            for cache in (True, False):
                self.rt = self.again(cache=cache, clear_cache=True)
                self.sent.clear()
                seen = [self.ask(item, form) for item in self.rt.ahead.calls(lambda i: self.ask(i, form), "abcdef")]
                self.assertEqual((seen, self.prompts()), (list("ABCDEF"), list("abcdef")), (form, cache))
        self.assertGreater(most[1], 3)

    def test_what_is_in_the_cache_is_the_same_as_without_a_guess(self) -> None:
        def body(guess: Callable[[str], Any]) -> list[str]:
            self.client.transport.sent.clear()
            seen = []
            for item in self.rt.ahead.calls(guess, ["a", "b", "a", "c"], limit=1):
                seen += [self.ask(item), self.ask(item), self.ask("more " + item)]
            return seen

        def guess(item: str) -> None:
            for prompt in (item, item, "more " + item, "wrong " + item):
                self.ask(prompt)

        body(lambda item: None)
        alone, sent = self.keys(), self.prompts()
        self.rt = self.again()
        self.assertEqual((len(set(body(guess))), self.prompts()), (12, sorted(["wrong a", "wrong b", "wrong a", "wrong c"])))
        for path in (self.folder / "cache").iterdir():
            path.unlink()
        self.rt = self.again()
        seen = body(guess)
        self.assertEqual(self.prompts(), sorted(sent + ["wrong a", "wrong b", "wrong a", "wrong c"]))
        self.assertLessEqual(set(alone), set(self.keys()))
        # What was guessed wrong was never drawn.
        self.assertEqual(+self.rt._drawn, {slot: 1 if count == 1 else 2 for slot, count in (+self.rt._drawn).items()})
        self.assertEqual(sum(self.rt._drawn.values()), 12)
        self.rt = self.again()
        self.assertEqual((body(guess), self.sent), (seen, []))

    def test_a_failure_is_not_made_twice_and_comes_where_it_came(self) -> None:
        def answer(request: dict[str, Any]) -> dict[str, str]:
            if request["prompt"] == "c":
                raise Failure(400)
            return {"text": request["prompt"]}

        self.client.transport.answer = answer
        for form in ("__call__", "once", "plain"):
            self.rt = self.again(clear_cache=True)
            self.sent.clear()
            seen: list[str] = []
            with self.assertRaises(Failure):
                for item in self.rt.ahead.calls(lambda i: self.ask(i, form), "abcdef", limit=1):
                    seen.append(self.ask(item, form))
            self.assertEqual((seen, self.prompts()), (["a", "b"], ["a", "b", "c"]), form)
            self.assertEqual(self.rt._bodies, {})

    def test_after_a_failure_nothing_behind_it_starts_until_the_body_has_passed_it(self) -> None:
        passed = threading.Event()
        late: list[bool] = []

        def answer(request: dict[str, Any]) -> dict[str, str]:
            if request["prompt"] == "b" and len(self.sent) == 2:
                raise Failure(400)
            if request["prompt"] in "cd":
                late.append(passed.is_set())
            return {"text": request["prompt"]}

        self.client.transport.answer = answer
        for item in self.rt.ahead.calls(lambda i: self.ask(i, "once"), "abcd", limit=1):
            with contextlib.suppress(Failure):
                time.sleep(0.05)
                passed.set() if item == "b" else None
                self.ask(item, "once")
            self.ask(item, "once") if item == "b" else None
        self.assertEqual((late, self.prompts()), ([True, True], ["a", "b", "b", "c", "d"]))

    def test_the_bodys_own_retry_meets_the_answers_of_the_guess_one_by_one(self) -> None:
        # A helper that tries again itself: the guess fails once and succeeds, and so does the body, with the same.
        def patient(prompt: str) -> str:
            try:
                return self.ask(prompt, "once")
            except Failure:
                seen.append("failed")
                return self.ask(prompt, "once")

        seen: list[str] = []
        self.client.transport.failures = [Failure(400)]
        for item in self.rt.ahead.calls(patient, "ab", limit=1):
            seen.append(patient(item))
        self.assertEqual((seen.count("failed"), len(self.sent)), (2, 3))
        self.assertEqual(len(self.keys()), 2)

    def test_a_guess_that_asks_something_else_costs_a_call(self) -> None:
        with contextlib.redirect_stderr(io.StringIO()) as told:
            self.rt.options(quiet=False)
            for item in self.rt.ahead.calls(lambda i: self.ask(i if i != "b" else "x"), "abc"):
                self.ask(item)
            self.rt._report(time.monotonic())
        self.assertEqual(self.prompts(), ["a", "b", "c", "x"])
        self.assertIn("4 requests, 0 answers from the cache (0%), 0 retries", told.getvalue())
        self.assertIn(", 2 of 3 asked ahead were used\n", told.getvalue())

    def test_equal_means_all_that_is_passed(self) -> None:
        for guessed, asked, calls in (
            ({"timeout": 1}, {"timeout": 1}, 1), ({"timeout": 1}, {"timeout": 2}, 2), ({}, {"extra_headers": {"a": "b"}}, 2),
            ({"n": 1}, {"n": True}, 2), ({"n": object()}, {"n": object()}, 1), ({"timeout": object()}, {}, 1),
            ({"n": iter("a")}, {"n": 1}, 1),
        ):
            self.rt = self.again(clear_cache=True)
            self.sent.clear()
            for item in self.rt.ahead.calls(lambda i: self.ask(i, "plain", **guessed), "a"):
                self.ask(item, "plain", **asked)
            self.assertEqual(len(self.sent), calls, (guessed, asked))

    def test_the_answer_is_the_bodys_own(self) -> None:
        def guess(item: str) -> None:
            self.rt.cached.plain(self.client.completions.create, prompt=item)["text"] = "changed"
            print("guessed")

        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            for item in self.rt.ahead.calls(guess, "ab", limit=1):
                print(item, self.rt.cached.plain(self.client.completions.create, prompt=item)["text"])
        self.assertEqual(out.getvalue(), "a draw 1\nb draw 2\n")

    def test_what_cannot_be_copied_is_for_the_body_alone(self) -> None:
        lock = threading.Lock()
        self.client.transport.answer = lambda request: {"text": request["prompt"], "lock": lock}
        went_on: list[str] = []
        for item in self.rt.ahead.calls(lambda i: went_on.append(self.ask(i, "plain")), "ab"):
            answer = self.rt.cached.plain(self.client.completions.create, model="m", prompt=item)
            self.assertIs(answer["lock"], lock)
        self.assertEqual((went_on, self.prompts()), ([], ["a", "b"]))

    def test_a_failure_lets_go_of_the_bodys_files(self) -> None:
        out, err, code = self.run_program("""
            import perfmod_runtime
            from perfmod_runtime import ahead, cached

            def ask(prompt):
                if prompt == "c":
                    raise ValueError(prompt)
                return {"text": prompt}

            def main(guess):
                file = open("out.txt", "a")
                for item in ahead.calls(guess, "abcd"):
                    file.write(cached.once(ask, item)["text"])

            for guess in (lambda item: cached.once(ask, item), lambda item: None):
                try:
                    main(guess)
                except ValueError as error:
                    print("failed", error)
            """, PERFMOD_CACHE="off", PERFMOD_QUIET="1")
        self.assertEqual((out, code), ("failed c\nfailed c\n", 0), err)
        self.assertEqual((self.folder / "out.txt").read_text(), "abab")

    def test_leaving_the_loop_leaves_the_rest(self) -> None:
        for item in self.rt.ahead.calls(self.ask, "abcdef", limit=1, window=2):
            self.ask(item)
            if item == "b":
                break
        self.assertEqual(self.ask("after"), f"draw {len(self.sent)}")
        self.assertLessEqual(len(self.sent), 4)
        self.assertEqual(self.rt._bodies, {})
        # Whoever asks for these later asks for the first time.
        self.assertEqual(sum((+self.rt._drawn).values()), 3)

    def test_the_item_is_that_of_the_body_alone(self) -> None:
        def names() -> str:
            return str(self.rt._name(self.rt._asker()))

        def generator() -> Iterator[str]:
            for _ in self.rt.ahead.calls(lambda i: None, "ab"):
                inside.append(names())
                yield "x"

        inside: list[str] = []
        self.assertEqual(names(), "")
        for _ in generator():
            self.assertEqual(names(), "")
        self.assertEqual(len(set(inside) | {""}), 3)
        outer: list[str] = []
        for _ in self.rt.ahead.calls(lambda i: None, "cd"):
            before = names()
            within = [names() for _ in self.rt.ahead.calls(lambda i: None, "ef")]
            self.assertEqual(names(), before)
            self.assertEqual(len({before, *within}), 3)
            outer += [before, *within]
        self.assertEqual((names(), len(set(outer)), self.rt._bodies), ("", 6, {}))
        with self.assertRaises(KeyError):
            for _ in self.rt.ahead.calls(lambda i: None, "g"):
                raise KeyError
        left = generator()
        next(left)
        self.assertEqual(names(), "")
        del left
        self.assertEqual(self.rt._bodies, {})

    def test_loops_in_the_body_have_limits_of_their_own(self) -> None:
        most = [0, 0]

        def slow(_: int) -> None:
            most[0] += 1
            most[1] = max(most)
            time.sleep(0.02)
            most[0] -= 1

        for _ in self.rt.ahead.calls(lambda i: None, "ab", limit=8):
            self.rt.gather(slow, range(8), limit=8)
        self.assertGreater(most[1], 4)

    def test_on_an_event_loop(self) -> None:
        self.client.transport.delay = lambda request: 0.05

        async def ask(prompt: str) -> Any:
            return (await self.rt.cached.once(self.client.async_completions.create, model="m", prompt=prompt))["text"]

        async def main() -> list[Any]:
            seen: list[Any] = []
            for item in self.rt.ahead.calls(ask, "abcdef"):
                try:
                    seen.append(await ask(item))
                except Failure:
                    seen += await asyncio.gather(self.rt.cached.once(
                        self.client.async_completions.create, model="m", prompt=item))
            return seen

        self.client.transport.failures = [Failure(400)]
        began = time.monotonic()
        seen = self.rt.run(main())
        self.assertLess(time.monotonic() - began, 0.25)
        self.assertEqual((len(seen), self.prompts()), (6, ["a", "a", "b", "c", "d", "e", "f"]))
        self.rt = self.again()
        again = self.rt.run(main())
        texts = [entry["text"] if isinstance(entry, dict) else entry for entry in seen]
        self.assertEqual(([e["text"] if isinstance(e, dict) else e for e in again], len(self.sent)), (texts, 7))

    def test_a_bar_may_stand_between(self) -> None:
        try:
            from tqdm import tqdm
        except ImportError:
            self.skipTest("tqdm is not installed")
        for _, item in enumerate(tqdm(self.rt.ahead.calls(self.ask, "abc"), file=io.StringIO())):
            self.ask(item)
        self.assertEqual(self.prompts(), ["a", "b", "c"])

    def test_it_has_the_length_and_the_samples_of_a_loop(self) -> None:
        self.rt.options(max_samples=2)
        loop = self.rt.ahead.calls(self.ask, "abc")
        self.assertEqual((len(loop), list(loop)), (2, ["a", "b"]))


if __name__ == "__main__":
    unittest.main()
