"""`cached`, its keys and its files, with fake clients. Nothing but the standard library is needed."""
from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import enum
import functools
import io
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time
import unittest
from typing import Any

from common import RUNTIME, Case, Client, Failure, completion, fresh


class Cached(Case):
    def setUp(self) -> None:
        super().setUp()
        self.client = Client()
        self.transport = self.client.transport

    @property
    def sent(self) -> int:
        return len(self.transport.sent)

    def ask(self, rt: Any, client: Any = None, **request: Any) -> Any:
        return rt.cached((client or self.client).completions.create, **{"model": "m", **request})

    def differs(self, one: dict[str, Any], two: dict[str, Any]) -> None:
        self.ask(self.again(), **one)
        before = self.sent
        self.ask(self.again(), **two)
        self.assertEqual(self.sent, before + 1, f"{one} answered {two}")

    def agrees(self, one: dict[str, Any], two: dict[str, Any]) -> None:
        first = self.ask(self.again(), **one)
        before = self.sent
        self.assertEqual(self.ask(self.again(), **two), first)
        self.assertEqual(self.sent, before, f"{one} did not answer {two}")


class Keys(Cached):
    def test_a_second_run_asks_nothing(self) -> None:
        first = [self.ask(self.rt, prompt=p) for p in "abc"]
        again = self.again()
        self.assertEqual([self.ask(again, prompt=p) for p in "abc"], first)
        self.assertEqual(self.sent, 3)

    def test_the_order_of_keyword_arguments_does_not_matter(self) -> None:
        self.agrees({"prompt": "a", "n": 1}, {"n": 1, "prompt": "a"})
        self.agrees({"prompt": {"x": 1, "y": 2}}, {"prompt": {"y": 2, "x": 1}})

    def test_every_argument_matters_and_its_type(self) -> None:
        self.differs({"prompt": "a"}, {"prompt": "b"})
        self.differs({"prompt": "a"}, {"prompt": "a", "n": 1})
        values = [1, 1.0, True, "1", None, [1], float("nan"), 0, False, 0.0, "", b"1"]
        for place, value in enumerate(values):
            for other in values[place + 1:]:
                self.setUp()
                self.differs({"x": value}, {"x": other})

    def test_secrets_time_outs_and_headers_do_not_matter_and_are_not_written(self) -> None:
        self.agrees({"prompt": "a"}, {"prompt": "a", "timeout": 5, "extra_headers": {"x": "y"}, "api_key": "other"})
        other = Client(api_key="other", transport=self.transport)
        before = self.sent
        self.ask(self.again(), other, prompt="a")
        self.assertEqual(self.sent, before)
        for path in (self.folder / "cache").iterdir():
            self.assertNotIn("secret-key", path.read_text())

    def test_sentinels_that_are_not_sent_do_not_matter(self) -> None:
        class NotGiven:
            pass

        self.agrees({"prompt": "a"}, {"prompt": "a", "stop": NotGiven()})

    def test_the_base_url_matters(self) -> None:
        self.ask(self.rt, prompt="a")
        self.ask(self.again(), Client("http://elsewhere/v1", transport=self.transport), prompt="a")
        self.assertEqual(self.sent, 2)

    def test_model_is_in_key_and_file_name(self) -> None:
        self.ask(self.rt, model="org/model:1", prompt="a")
        self.ask(self.rt, model="../../evil", prompt="a")
        names = sorted(path.name for path in (self.folder / "cache").iterdir())
        self.assertEqual(names, [".gitignore", "_.._evil.jsonl", "org_model_1.jsonl"])

    def test_method_and_class_matter(self) -> None:
        self.ask(self.rt, prompt="a")
        self.rt.cached(self.client.embeddings.create, model="m", prompt="a")
        self.assertEqual(self.sent, 2)

    def test_sync_and_async_twins_share_entries(self) -> None:
        first = self.ask(self.rt, prompt="a")
        rt = self.again()
        found = asyncio.run(rt.cached(self.client.async_completions.create, model="m", prompt="a"))
        self.assertEqual((found, self.sent), (first, 1))

        class Old:
            @classmethod
            def create(cls, **request: Any) -> Any:
                return self.transport.send(self.client, request)

            @classmethod
            async def acreate(cls, **request: Any) -> Any:
                return cls.create(**request)

        first = rt.cached(Old.create, model="m")
        self.assertEqual(asyncio.run(self.again().cached(Old.acreate, model="m")), first)
        self.assertEqual(self.sent, 2)

    def test_values_that_have_a_plain_form(self) -> None:
        class Colour(enum.Enum):
            RED = "red"

        @dataclasses.dataclass
        class Point:
            x: int

        self.transport.answer = lambda request: f"answer {self.sent}"
        self.agrees({"x": Point(1)}, {"x": {"x": 1}})
        self.agrees({"y": Colour.RED}, {"y": "red"})
        self.agrees({"z": (1, 2)}, {"z": [1, 2]})
        self.differs({"x": Point(1)}, {"x": Point(2)})

    def test_what_has_no_plain_form_is_passed_through_and_said_once(self) -> None:
        rt = self.again(quiet=False)
        with contextlib.redirect_stderr(io.StringIO()) as err:
            for _ in range(3):
                self.ask(rt, file=open_file())
                self.ask(rt, callback=print)
        self.assertEqual(self.sent, 6)
        self.assertEqual(err.getvalue().count("plain data"), 1, err.getvalue())
        self.assertEqual(self.lines(), [])

    def test_calls_that_depend_on_more_than_their_arguments_are_not_cached(self) -> None:
        rt = self.rt
        for _ in range(2):
            rt.cached(lambda: self.transport.send(self.client, {}))

        class Opaque:
            def __init__(inner) -> None:
                inner.state = object()

            def ask(inner, prompt: str) -> Any:
                return self.transport.send(self.client, {})

        for _ in range(2):
            self.again().cached(Opaque().ask, "a")
        self.assertEqual(self.sent, 4)

    def test_the_state_of_the_object_that_is_asked_matters(self) -> None:
        class Model:
            def __init__(inner, name: str) -> None:
                inner.name = name

            def generate(inner, prompt: str) -> Any:
                return self.transport.send(self.client, {"name": inner.name})

        first = self.again().cached(Model("x").generate, "a")
        self.assertNotEqual(self.again().cached(Model("y").generate, "a"), first)
        self.assertEqual(self.again().cached(Model("x").generate, "a"), first)

    def test_a_partial_is_the_call_it_stands_for(self) -> None:
        first = self.ask(self.rt, prompt="a")
        call = functools.partial(self.client.completions.create, model="m")
        self.assertEqual(self.again().cached(call, prompt="a"), first)


def open_file() -> Any:
    return io.BytesIO(b"data")


class Ordinals(Cached):
    def test_three_samples_stay_three_and_are_replayed_in_order(self) -> None:
        samples = [self.ask(self.rt, prompt="a") for _ in range(3)]
        self.assertEqual(len({json.dumps(s) for s in samples}), 3)
        again = self.again()
        self.assertEqual([self.ask(again, prompt="a") for _ in range(4)][:3], samples)
        self.assertEqual(self.sent, 4)

    def over(self, rt: Any, source: Any, seed: int = 0, draws: int = 1, limit: int = 8) -> list[Any]:
        pauses = random.Random(seed)
        self.transport.delay = lambda request: pauses.random() / 200

        async def work(item: Any) -> Any:
            await asyncio.sleep(pauses.random() / 200)
            return [await rt.cached(self.client.async_completions.create, model="m", prompt=str(item)[:1])
                    for _ in range(draws)]

        return asyncio.run(rt.gather(work, source, limit=limit))

    def test_any_completion_order_gives_the_same_keys(self) -> None:
        items = ["a", "b", "a", "a", "c", "b", "a1", "a2"] * 2
        keys = None
        for seed in range(6):
            self.setUp()
            self.over(self.rt, items, seed, draws=2)
            found = {line["key"] for line in self.lines()}
            self.assertEqual(len(found), 2 * len(items))
            keys = keys or found
            self.assertEqual(found, keys)

    def test_a_replay_is_exact_whatever_order_it_runs_in(self) -> None:
        items = ["a", "b", "a", "a", "c"] * 3
        first = self.over(self.rt, items, 1, draws=2)
        for seed, limit in ((2, 8), (3, 1), (4, 100)):
            self.assertEqual(self.over(self.again(), items, seed, draws=2, limit=limit), first)
        self.assertEqual(self.sent, 2 * len(items))

    def test_threads_and_event_loop_agree(self) -> None:
        items = ["a", "b", "a"]
        first = self.over(self.rt, items)
        rt = self.again()
        found = rt.gather(lambda item: [self.ask(rt, prompt=item)], items)
        self.assertEqual((found, self.sent), (first, 3))

    def test_identical_prompts_of_different_items_stay_separate_draws(self) -> None:
        found = self.over(self.rt, ["a1", "a2", "a3", "a1"])  # the prompt is "a" for all
        self.assertEqual(len({json.dumps(f) for f in found}), 4)

    def test_more_data_or_another_order_hits_what_is_there(self) -> None:
        first = dict(zip(["x", "y", "z"], self.over(self.rt, ["x", "y", "z"])))
        shuffled = self.over(self.again(), ["new", "z", "x", "y"])
        self.assertEqual(shuffled[1:], [first["z"], first["x"], first["y"]])
        self.assertEqual(self.sent, 4)

    def test_items_without_a_plain_form_are_known_by_their_place(self) -> None:
        class Thing:
            def __str__(self) -> str:
                return "t"

        first = self.over(self.rt, [Thing(), Thing()])
        self.assertNotEqual(first[0], first[1])
        self.assertEqual(self.over(self.again(), [Thing(), Thing()]), first)

    def test_an_interrupted_run_is_resumed(self) -> None:
        self.over(self.rt, ["a", "b"])
        found = self.over(self.again(), ["a", "b", "c"])
        self.assertEqual((len(found), self.sent), (3, 3))

    def test_asking_again_inside_an_item_brings_a_new_answer(self) -> None:
        def until_even(rt: Any) -> Any:
            def work(item: str) -> list[str]:
                found = []
                while not found or int(found[-1].split()[1]) % 3:
                    found.append(self.ask(rt, prompt=item)["text"])
                return found
            return rt.gather(work, ["a", "b"], limit=1)

        first = until_even(self.rt)
        self.assertEqual((len(first[0]), self.sent), (3, 6))
        self.assertEqual((until_even(self.again()), self.sent), (first, 6))

    def test_two_loops_over_equal_items_draw_separately(self) -> None:
        def twice(rt: Any) -> Any:
            return self.over(rt, ["a", "b"]), self.over(rt, ["a", "b"])

        one, two = twice(self.rt)
        self.assertTrue(all(x != y for x, y in zip(one, two)))
        self.assertEqual(twice(self.again()), (one, two))
        self.assertEqual(self.sent, 4)

    def test_nested_loops_keep_their_draws_apart(self) -> None:
        def nested(rt: Any, seed: int) -> Any:
            pauses = random.Random(seed)

            def outer(x: int) -> Any:
                time.sleep(pauses.random() / 100)
                return rt.gather(lambda y: self.ask(rt, prompt="same"), ["p", "q"], limit=2)
            return rt.gather(outer, range(4), limit=4)

        first = nested(self.rt, 1)
        self.assertEqual(len({json.dumps(a) for pair in first for a in pair}), 8)
        self.assertEqual(nested(self.again(), 2), first)

    def test_a_loop_that_was_left_does_not_count_what_it_never_reached(self) -> None:
        def program(rt: Any, extra: float) -> Any:
            found = []
            for item, reply in rt.ahead(lambda item: self.ask(rt, prompt=item), list("abcdef"), limit=2, window=4):
                found.append(reply.result())
                time.sleep(extra)
                if item == "b":
                    break
            time.sleep(0.02)
            return found, rt.gather(lambda item: self.ask(rt, prompt=item), list("abcdef"), limit=1)

        first = program(self.rt, 0.01)
        before = self.sent
        self.assertEqual(before, 8)  # a and b twice; what was asked ahead is there for the second loop
        self.assertEqual(program(self.again(), 0.0), first)
        self.assertEqual(self.sent, before)

    def test_a_late_answer_does_not_replace_the_one_that_the_program_saw(self) -> None:
        gate, entered = threading.Event(), threading.Event()
        send = self.transport.send

        def slow(client: Any, request: Any) -> Any:
            if request["prompt"] == "b" and not entered.is_set():
                entered.set()
                gate.wait(10)
                return {"text": "late"}
            return send(client, request)

        self.transport.send = slow
        for _, reply in self.rt.ahead(lambda item: self.ask(self.rt, prompt=item), "ab", limit=2):
            entered.wait(10)
            break
        seen = self.rt.gather(lambda item: self.ask(self.rt, prompt=item), "ab")
        gate.set()
        time.sleep(0.05)
        rt = self.again()
        self.assertEqual(rt.gather(lambda item: self.ask(rt, prompt=item), "ab")[1], seen[1])

    def test_a_failure_or_an_unusable_answer_is_not_a_draw(self) -> None:
        self.transport.failures = [Failure(400)]
        with self.assertRaises(Failure):
            self.ask(self.rt, prompt="a")
        self.transport.answer = lambda request: completion("" if len(self.transport.sent) < 3 else "x")
        self.ask(self.rt, prompt="a")
        good = self.ask(self.rt, prompt="a")
        self.assertEqual(self.ask(self.again(), prompt="a"), good)
        self.assertEqual(self.sent, 3)


class Answers(Cached):
    def answering(self, answer: Any, **request: Any) -> bool:
        """Whether this answer is stored, and comes back as it was."""
        self.setUp()
        self.transport.answer = lambda _: answer
        first = self.ask(self.rt, **request)
        self.assertIs(first, answer)
        again = self.again()
        second = self.ask(again, **request)
        self.assertEqual((type(second), second), (type(answer), answer))
        return self.sent == 1

    def test_plain_values_are_kept(self) -> None:
        for value in ({"a": [1, 1.5, True, None, "ü\ud800"]}, [1, {"b": []}], "text", 3, 2.5, False):
            self.assertTrue(self.answering(value), value)
        self.assertTrue(self.answering(completion("hello")))

    def test_other_values_are_passed_through(self) -> None:
        for value in ((1, 2), {"a": (1,)}, {1: 2}, object(), iter([1]), {1, 2}, ValueError("x")):
            self.assertFalse(self.answering(value), value)
        nan = [float("nan")]  # is not equal to what comes back
        self.assertFalse(self.answering(nan))

    def test_what_is_empty_filtered_or_cut_off_is_not_kept(self) -> None:
        for answer in (completion(""), completion(None), completion("x", "content_filter"), completion("x", "length"),
                       {"choices": []}, {"content": []}, {"output": [], "status": "failed"}):
            self.assertFalse(self.answering(answer), answer)
        self.assertTrue(self.answering(completion("x", "length"), max_tokens=5))
        self.assertTrue(self.answering(completion("x", "length"), max_completion_tokens=5))
        self.assertTrue(self.answering(completion(None, "tool_calls", tool_calls=[{"id": "1"}])))
        self.assertTrue(self.answering(completion(None, "function_call", function_call={"name": "f"})))

    def test_each_hit_is_a_fresh_object(self) -> None:
        self.ask(self.rt, prompt="a")
        one = self.ask(self.again(), prompt="a")
        one["text"] = "changed"
        self.assertNotEqual(self.ask(self.again(), prompt="a"), one)

    def test_the_first_answer_is_not_shared_with_the_cache(self) -> None:
        first = self.ask(self.rt, prompt="a")
        text = first["text"]
        first["text"] = "changed"
        self.assertEqual(self.ask(self.again(), prompt="a")["text"], text)

    def test_a_call_that_turns_out_asynchronous_is_made_once_and_never_answered_for(self) -> None:
        client = self.client

        class Hidden:  # no way to see beforehand that it returns an awaitable
            url = "x"

            def ask(self, prompt: str) -> Any:
                return client.async_completions.create(model="m", prompt=prompt)

        hidden = Hidden()
        for sent in (1, 2):
            self.assertEqual(asyncio.run(self.awaiting(self.again(), hidden.ask))["text"], f"draw {sent}")
            self.assertEqual(self.sent, sent)

    def test_a_call_that_turns_out_asynchronous_is_retried_and_raises_where_it_is_awaited(self) -> None:
        calls = []

        async def later() -> str:
            await asyncio.sleep(0)
            calls.append(1)
            if len(calls) < 3:
                raise Failure(429, retry_after="0.01")
            raise Failure(400)

        class Hidden:
            def ask(self, prompt: str) -> Any:
                return later()

        with self.assertRaises(Failure) as caught:
            asyncio.run(self.awaiting(self.rt, Hidden().ask))
        self.assertEqual((caught.exception.status_code, len(calls)), (400, 3))
        self.assertEqual(self.rt._pace.in_flight, 0)

    def test_a_wrapped_method_is_known_by_what_it_wraps(self) -> None:
        def traced(client: Client) -> Any:
            create = client.completions.create

            @functools.wraps(create)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                return create(*args, **kwargs)
            return wrapper

        first = self.rt.cached(traced(self.client), model="m")
        self.assertEqual(self.again().cached(traced(self.client), model="m"), first)
        other = Client("http://elsewhere", transport=self.transport)
        self.assertNotEqual(self.again().cached(traced(other), model="m"), first)

    def test_an_item_may_make_calls_that_are_cached_and_calls_that_are_not(self) -> None:
        def work(item: str) -> Any:
            return self.ask(self.rt, prompt=item), self.ask(self.rt, file=open_file())["text"]

        self.assertEqual(len(self.rt.gather(work, "ab")), 2)

    @staticmethod
    async def awaiting(rt: Any, call: Any) -> Any:
        return await rt.cached(call, "a")

    def test_exceptions_are_neither_kept_nor_changed(self) -> None:
        failure = Failure(400)
        self.transport.failures = [failure]
        with self.assertRaises(Failure) as caught:
            self.ask(self.rt, prompt="a")
        self.assertIs(caught.exception, failure)
        self.assertIsNone(caught.exception.__context__)
        self.assertEqual(self.lines(), [])


class Files(Cached):
    def test_lines_have_the_key_first_and_the_folder_ignores_itself(self) -> None:
        self.ask(self.rt, prompt="a")
        (line,) = (self.folder / "cache" / "m.jsonl").read_text().splitlines()
        self.assertRegex(line, r'^\{"key":"[0-9a-f]{32}","response":\{.*\}\}$')
        self.assertEqual((self.folder / "cache" / ".gitignore").read_text(), "*\n")

    def test_a_folder_of_the_users_own_gets_no_gitignore(self) -> None:
        (self.folder / "mine").mkdir()
        self.ask(self.again(cache_dir=self.folder / "mine"), prompt="a")
        self.assertEqual([path.name for path in (self.folder / "mine").iterdir()], ["m.jsonl"])

    def test_a_torn_tail_is_healed_and_costs_only_itself(self) -> None:
        for prompt in "abc":
            self.ask(self.rt, prompt=prompt)
        path = self.folder / "cache" / "m.jsonl"
        path.write_bytes(path.read_bytes()[:-20])  # the process was killed while it wrote "c"
        again = self.again(quiet=False)
        with contextlib.redirect_stderr(io.StringIO()) as err:
            for prompt in "abc":
                self.ask(again, prompt=prompt)
        self.assertIn("1 damaged line of", err.getvalue())
        self.assertEqual(self.sent, 4)
        self.assertEqual(path.read_bytes().count(b"\n"), 4)
        last = self.again()
        for prompt in "abc":
            self.ask(last, prompt=prompt)
        self.assertEqual(self.sent, 4)

    def test_a_tail_torn_at_any_byte(self) -> None:
        self.ask(self.rt, prompt="a")
        path = self.folder / "cache" / "m.jsonl"
        whole = path.read_bytes()
        for cut in range(0, len(whole), 7):
            path.write_bytes(whole[:cut])
            before = self.sent
            self.ask(self.again(), prompt="a")
            self.assertEqual(self.sent, before + 1)
            self.ask(self.again(), prompt="a")
            self.assertEqual(self.sent, before + 1, cut)

    def test_damage_in_the_middle_is_skipped(self) -> None:
        for prompt in "ab":
            self.ask(self.rt, prompt=prompt)
        path = self.folder / "cache" / "m.jsonl"
        one, two = path.read_bytes().splitlines(True)
        path.write_bytes(b"\x00\xff garbage\n" + one[:60] + b"}\n" + two + b"\n[]\n")
        again = self.again()
        for prompt in "ab":
            self.ask(again, prompt=prompt)
        self.assertEqual(self.sent, 3)

    def test_the_last_line_of_a_key_wins(self) -> None:
        self.ask(self.rt, prompt="a")
        path = self.folder / "cache" / "m.jsonl"
        path.write_text(path.read_text() + path.read_text().replace("draw 1", "draw 99"))
        self.assertEqual(self.ask(self.again(), prompt="a")["text"], "draw 99")

    def test_a_cache_that_cannot_be_written_costs_one_line(self) -> None:
        (self.folder / "file").touch()
        places = [self.folder / "file" / "cache"]
        if hasattr(os, "geteuid") and os.geteuid() != 0:
            (self.folder / "locked").mkdir(mode=0o555)
            places.append(self.folder / "locked")
        for place in places:
            rt = self.again(cache_dir=place, quiet=False)
            with contextlib.redirect_stderr(io.StringIO()) as err:
                answers = [self.ask(rt, prompt="a") for _ in range(3)]
            self.assertEqual(len({a["text"] for a in answers}), 3)
            self.assertEqual(err.getvalue().count("\n"), 1, err.getvalue())
            self.assertIn("answers are not kept", err.getvalue())

    @unittest.skipIf(hasattr(os, "geteuid") and os.geteuid() == 0, "root may read and write everything")
    def test_a_cache_that_cannot_be_read_costs_one_line(self) -> None:
        self.ask(self.rt, prompt="a")
        (self.folder / "cache" / "m.jsonl").chmod(0o000)
        rt = self.again(quiet=False)
        with contextlib.redirect_stderr(io.StringIO()) as err:
            self.ask(rt, prompt="a")
        self.assertIn("cannot be read", err.getvalue())

    def test_a_cache_that_disappears_is_no_error(self) -> None:
        self.ask(self.rt, prompt="a")
        again = self.again()
        self.ask(again, prompt="b")
        shutil.rmtree(self.folder / "cache")
        time.sleep(0.15)  # for as long it may still be read
        self.ask(again, prompt="a")
        self.ask(again, prompt="c")
        self.assertEqual((self.sent, len(self.lines())), (4, 2))

    def test_processes_share_a_file(self) -> None:
        child = f"""
import sys
sys.path[:0] = [{str(RUNTIME.parent)!r}, {str(pathlib.Path(__file__).parent)!r}]
from common import Client
from perfmod_runtime import cached, gather, options
options(cache_dir={str(self.folder / "cache")!r}, quiet=True)
client = Client()
gather(lambda i: cached(client.completions.create, model="m", prompt=sys.argv[1], pad="x" * 3000, i=i), range(300))
"""
        children = [subprocess.Popen([sys.executable, "-c", child, str(n)]) for n in range(2)]
        self.assertEqual([c.wait(30) for c in children], [0, 0])
        self.assertEqual(len({line["key"] for line in self.lines()}), 600)  # and each line is whole

    def test_threads_share_a_file(self) -> None:
        self.rt.gather(lambda i: self.ask(self.rt, prompt=i), range(200), limit=20)
        self.assertEqual(len({line["key"] for line in self.lines()}), 200)

    def test_only_models_of_imported_packages_are_built(self) -> None:
        self.ask(self.rt, prompt="a")
        path = self.folder / "cache" / "m.jsonl"
        key = json.loads(path.read_text())["key"]
        for name in ("os:system", "subprocess:Popen", "__main__:X", "antigravity:x", "collections:OrderedDict"):
            evil = {"key": key, "response": {"class": name, "data": {}, "aside": {}}}
            path.write_text(json.dumps(evil, separators=(",", ":")) + "\n")
            before = self.sent
            self.ask(self.again(), prompt="a")
            self.assertEqual(self.sent, before + 1, name)
        self.assertNotIn("antigravity", sys.modules)

    def test_loading_does_not_parse(self) -> None:
        self.ask(self.rt, prompt="a")
        path = self.folder / "cache" / "m.jsonl"
        line = path.read_text()
        with open(path, "a") as more:
            for n in range(20000):
                more.write(line.replace(json.loads(line)["key"], f"{n:032x}"))
        began = time.process_time()
        self.ask(self.again(), prompt="a")
        self.assertLess(time.process_time() - began, 1.0)
        self.assertEqual(self.sent, 1)


class Settings(Cached):
    def test_cache_off_asks_and_stores_nothing(self) -> None:
        rt = self.again(cache=False)
        for _ in range(2):
            self.ask(rt, prompt="a")
        self.assertEqual((self.sent, (self.folder / "cache").exists()), (2, False))

    def test_clear_cache_moves_entries_aside_and_draws_anew(self) -> None:
        first = self.ask(self.rt, prompt="a")
        for _ in range(2):
            rt = self.again(clear_cache=True)
            self.assertNotEqual(self.ask(rt, prompt="a"), first)
            self.ask(rt, prompt="b")
        aside = sorted((self.folder / "cache").glob("m.jsonl.*.bak"))
        self.assertEqual(len(aside), 2)
        self.assertIn(first["text"], aside[0].read_text())
        self.assertEqual(self.sent, 5)

    def test_what_is_announced_and_counted(self) -> None:
        source = """
            import sys
            sys.path.append(COMMON)
            from common import Client
            from perfmod_runtime import cached, gather
            client = Client()
            client.transport.send = lambda *_: {"text": "x"}
            gather(lambda p: cached(client.completions.create, model="m", prompt=p, temperature=T), "abcd")
        """.replace("COMMON", repr(str(pathlib.Path(__file__).parent)))
        one, two = source.replace("T)", "0.7)"), source.replace("T)", "0)")
        out, err, _ = self.run_program(one)
        self.assertEqual(out, "")
        self.assertRegex(err, r"^perfmod: 4 requests, 0 answers from the cache \(0%\), 0 retries, [\d.]+ calls/s\n$")
        out, err, _ = self.run_program(one)
        self.assertEqual(out, "")
        self.assertRegex(err, r"^perfmod: answers come from the cache at \S+\.perfmod/cache; to draw anew: "
                              r"PERFMOD_CACHE=off.*\nperfmod: 0 requests, 4 answers from the cache \(100%\).*\n$")
        self.run_program(two)
        self.assertNotIn("to draw anew", self.run_program(two)[1])  # nothing was drawn: temperature 0
        self.assertEqual(self.run_program(one, PERFMOD_QUIET="1"), ("", "", 0))
        self.assertIn("4 requests", self.run_program(one, PERFMOD_CACHE="off")[1])
        self.assertTrue((self.folder / ".perfmod" / "cache" / "m.jsonl").exists())

    def test_a_program_without_cached_calls_says_nothing(self) -> None:
        source = "from perfmod_runtime import gather\nprint(gather(str, range(3)))"
        self.assertEqual(self.run_program(source), ("['0', '1', '2']\n", "", 0))

    def test_the_cache_lies_at_the_project_root(self) -> None:
        deep = self.folder / "a" / "b"
        deep.mkdir(parents=True)
        (deep / "perfmod_runtime.py").write_bytes(RUNTIME.read_bytes())
        rt = fresh(deep / "perfmod_runtime.py")
        for marks, root in (((), deep), (("setup.py",), self.folder), ((".git",), self.folder)):
            for mark in marks:
                (self.folder / mark).touch()
            found = fresh(deep / "perfmod_runtime.py").options().cache_dir
            if marks:
                self.assertEqual(found, root.resolve() / ".perfmod" / "cache")
        (self.folder / "a" / "pyproject.toml").touch()
        rt = fresh(deep / "perfmod_runtime.py")
        self.assertEqual(rt.options().cache_dir, (self.folder / "a").resolve() / ".perfmod" / "cache")

    def test_the_environment_and_calls(self) -> None:
        rt = fresh()
        defaults = rt.options()
        self.assertEqual((defaults.max_concurrent, defaults.max_samples, defaults.cache, defaults.clear_cache),
                         (300, None, True, False))
        with environment(PERFMOD_MAX_CONCURRENT="7", PERFMOD_MAX_SAMPLES="2", PERFMOD_CACHE="off",
                         PERFMOD_CACHE_DIR="/x/y", PERFMOD_DEADLINE="3"):
            now = rt.options()
            self.assertEqual((now.max_concurrent, now.max_samples, now.cache, now.cache_dir, now.deadline),
                             (7, 2, False, pathlib.Path("/x/y"), 3.0))
            self.assertEqual(rt.options(max_concurrent=9, cache=True).max_concurrent, 9)
            self.assertTrue(rt.options(max_samples=None).cache)
            self.assertEqual(rt.options().max_samples, 2)
        self.assertEqual((rt.options().max_concurrent, rt.options().max_samples), (9, None))
        with self.assertRaises(dataclasses.FrozenInstanceError):
            rt.options().cache = False

    def test_bad_values_are_named(self) -> None:
        for name in ("MAX_CONCURRENT", "MAX_SAMPLES"):
            for bad in ("0", "-1", "x", "2.5"):
                with environment(**{"PERFMOD_" + name: bad}), self.assertRaisesRegex(ValueError, "PERFMOD_" + name):
                    fresh()
        with environment(PERFMOD_CACHE="maybe"), self.assertRaisesRegex(ValueError, "PERFMOD_CACHE must be on or off"):
            fresh()
        for bad_call in ({"max_concurrent": 0}, {"max_samples": 2.5}, {"cache": "maybe"}):
            with self.assertRaisesRegex(ValueError, next(iter(bad_call))):
                fresh().options(**bad_call)
        with self.assertRaises(TypeError):
            fresh().options(nonsense=1)


@contextlib.contextmanager
def environment(**values: str) -> Any:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class Run(Cached):
    def test_it_returns_raises_and_closes_the_clients_that_were_used(self) -> None:
        async def main() -> Any:
            return await self.rt.cached(self.client.async_completions.create, model="m")

        self.assertEqual(self.rt.run(main())["text"], "draw 1")
        self.assertEqual(self.client.closed, 1)

        async def fail() -> None:
            raise KeyError("x")

        with self.assertRaises(KeyError) as caught:
            self.rt.run(fail())
        self.assertIsNone(caught.exception.__context__)

    def test_twice_in_turn_with_cached_calls_and_pauses(self) -> None:
        for turn in range(2):
            async def main() -> Any:
                async def work(x: int) -> Any:
                    return await self.rt.cached(self.client.async_completions.create, model="m", turn=turn, x=x)
                self.transport.failures = [Failure(429, retry_after="0.02") for _ in range(6)]
                return await self.rt.gather(work, range(12), limit=6)
            self.assertEqual(len(self.rt.run(main())), 12)

    def test_where_a_loop_is_running_already(self) -> None:
        loops = []

        async def inside() -> int:
            loops.append(asyncio.get_running_loop())
            await asyncio.sleep(0.01)
            return 7

        async def fail() -> None:
            raise KeyError("x")

        async def notebook() -> None:
            self.assertEqual(self.rt.run(inside()), 7)
            self.assertEqual(self.rt.run(inside()), 7)
            with self.assertRaises(KeyError):
                self.rt.run(fail())

            async def nested() -> int:
                return int(self.rt.run(inside()))

            self.assertEqual(self.rt.run(nested()), 7)
            self.assertIsNot(loops[0], asyncio.get_running_loop())
            self.assertIs(loops[0], loops[1])

        asyncio.run(asyncio.wait_for(notebook(), 10))


if __name__ == "__main__":
    unittest.main()
