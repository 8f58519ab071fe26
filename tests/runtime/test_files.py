"""The cache's files under processes that are killed, write at once, compact and fork. Nothing but the standard library is
needed; where orjson can be imported, it reads."""
from __future__ import annotations

import contextlib
import io
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
import unittest
from typing import Any

from common import RUNTIME, Client
from test_cached import Cached

CHILD = f"""
import sys
sys.path[:0] = [{str(RUNTIME.parent)!r}, {str(pathlib.Path(__file__).parent)!r}]
from common import Client
from perfmod_runtime import cached, gather, options
options(cache_dir=sys.argv[1], quiet=True)
client = Client()
client.transport.answer = lambda request: {{"text": "answer to " + request["prompt"], "pad": "x" * 2000}}
def ask(number):
    prompt = f"{{sys.argv[2]}} {{number}}"
    answer = cached(client.completions.create, model="m", prompt=prompt)
    print(prompt, flush=True)  # after the answer was kept
    return answer
gather(ask, range(int(sys.argv[3])), limit=5)
"""


@unittest.skipIf(os.name == "nt", "locks and signals are those of POSIX")
class Files(Cached):
    def writer(self, name: str, count: int, stdout: int = subprocess.PIPE) -> subprocess.Popen[str]:
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(self.folder / "cache"), name, str(count)], text=True,
                                 stdout=stdout)
        self.addCleanup(self._end, child)
        return child

    @property
    def path(self) -> pathlib.Path:
        return self.folder / "cache" / "m.jsonl"

    def again_over(self, name: str, count: int) -> list[bool]:
        """Which of a writer's answers a later run finds."""
        rt = self.again()
        self.transport.sent.clear()
        self.transport.answer = lambda request: {"text": "new"}
        answers = rt.gather(lambda number: self.ask(rt, prompt=f"{name} {number}"), range(count))
        for number, answer in enumerate(answers):
            self.assertIn(answer["text"], ("new", f"answer to {name} {number}"))
        return [answer["text"] != "new" for answer in answers]

    def test_a_kill_loses_no_completed_write_and_tears_at_most_one(self) -> None:
        for seed in range(4):
            child = self.writer(f"run{seed}", 100000)
            assert child.stdout
            told = [child.stdout.readline().strip() for _ in range(random.Random(seed).randrange(20, 200))]
            child.send_signal(signal.SIGKILL)
            told += [line for line in child.stdout.read().splitlines(True) if line.endswith("\n")]
            child.wait(10)
            kept = self.path.read_bytes()
            torn = [line for line in kept.splitlines(True) if not line.endswith(b"}\n")]
            self.assertLessEqual(len(torn), 1)
            numbers = [int(line.split()[1]) for line in told]
            found = self.again_over(f"run{seed}", max(numbers) + 1)
            self.assertTrue(all(found[number] for number in numbers))

    def test_a_torn_tail_takes_no_time(self) -> None:
        self.writer("a", 200).communicate(timeout=60)
        self.path.write_bytes(self.path.read_bytes()[:-500])
        began = time.process_time()
        rt = self.again()
        waited = time.monotonic()
        found = sum("answer" in self.ask(rt, prompt=f"a {number}")["text"] for number in range(10))
        self.assertLess(time.monotonic() - waited, 2)
        self.assertLess(time.process_time() - began, 1)
        self.assertEqual(found, 0)  # these are no items of a loop: other draws, asked anew
        self.assertEqual(sum(self.again_over("a", 200)), 199)

    def test_processes_write_read_and_compact_one_file(self) -> None:
        self.writer("first", 10).communicate(timeout=60)
        children = [self.writer(name, 400, subprocess.DEVNULL) for name in "abc"]
        compacted = 0
        while any(child.poll() is None for child in children):
            with contextlib.redirect_stdout(io.StringIO()):
                self.again()._Store(self.path).compact()
            compacted += 1
        self.assertEqual([child.returncode for child in children], [0, 0, 0])
        self.assertGreater(compacted, 3)
        self.assertEqual(len({line["key"] for line in self.lines()}), 1210)
        for name in "abc":
            self.assertTrue(all(self.again_over(name, 400)))
        self.assertEqual([path.name for path in self.path.parent.glob("*.tmp")], [])

    def test_compacting_leaves_the_last_of_each_key(self) -> None:
        for prompt in "ab":
            self.ask(self.rt, prompt=prompt)
        one, two = self.path.read_bytes().splitlines(True)
        newer = one.replace(b"draw 1", b"draw 9")
        self.path.write_bytes(one + b"garbage\n" + two + newer + two[:50])
        self.path.chmod(0o640)
        before = self.path.stat().st_ino
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.again()._Store(self.path).compact()
        self.assertEqual(self.path.read_bytes(), two + newer)
        self.assertEqual((self.path.stat().st_mode & 0o777, before != self.path.stat().st_ino), (0o640, True))
        self.assertIn("2 of 5 lines kept", out.getvalue())
        rt = self.again()
        self.assertEqual([self.ask(rt, prompt=prompt)["text"] for prompt in "ab"], ["draw 9", "draw 2"])

    def test_a_last_line_without_its_end_is_kept(self) -> None:
        self.ask(self.rt, prompt="a")
        whole = self.path.read_bytes()
        self.path.write_bytes(whole[:-1])
        with contextlib.redirect_stdout(io.StringIO()):
            self.again()._Store(self.path).compact()
        self.assertEqual(self.path.read_bytes(), whole)

    def test_the_module_itself_compacts(self) -> None:
        self.ask(self.rt, prompt="a")
        self.path.write_bytes(self.path.read_bytes() * 3)
        found = subprocess.run([sys.executable, str(RUNTIME)], capture_output=True, text=True,
                               env={**os.environ, "PERFMOD_CACHE_DIR": str(self.path.parent)})
        self.assertEqual((found.stdout, found.stderr), (f"{self.path}: 1 of 3 lines kept\n", ""))
        self.assertEqual(len(self.lines()), 1)

    def test_without_a_lock_nothing_is_compacted(self) -> None:
        self.ask(self.rt, prompt="a")
        rt = self.again()
        rt._fcntl = None
        with self.assertRaisesRegex(OSError, "locked"):
            rt._Store(self.path).compact()
        self.assertEqual(len(self.lines()), 1)

    def test_a_program_goes_on_over_a_file_that_is_replaced(self) -> None:
        for prompt in "abc":
            self.ask(self.rt, prompt=prompt)
        rt = self.again()
        self.assertEqual(self.ask(rt, prompt="a")["text"], "draw 1")
        self.path.write_bytes(self.path.read_bytes() + self.path.read_bytes())
        with contextlib.redirect_stdout(io.StringIO()):
            self.again()._Store(self.path).compact()
        self.ask(rt, prompt="d")  # written into the new file, whose other lines are found
        for prompt in "bc":
            self.ask(rt, prompt=prompt)
        last = self.again()
        for prompt in "abcd":
            self.ask(last, prompt=prompt)
        self.assertEqual((len(self.transport.sent), len(self.lines())), (4, 4))

    def test_forked_processes_read_at_once(self) -> None:
        self.writer("a", 300).communicate(timeout=60)
        rt = self.again()
        store = rt._store(rt.options(), "m")
        names = {key.decode(): json.loads(line)["response"]["data"] for key, line in
                 ((line[8:40], line) for line in self.path.read_bytes().splitlines())}
        children = []
        for _ in range(4):
            if (child := os.fork()) == 0:
                right = all(store.get(key) == data for _ in range(20) for key, data in names.items())
                os._exit(0 if right else 1)
            children.append(child)
        self.assertEqual([os.waitpid(child, 0)[1] for child in children], [0] * 4)

    def test_an_answer_longer_than_a_page(self) -> None:
        self.transport.answer = lambda request: {"text": "ü" * request["size"], "size": request["size"]}
        sizes = [1, 2000, 2047, 2048, 9000, 300000]
        for size in sizes:
            self.ask(self.rt, size=size)
        rt = self.again()
        self.assertEqual([self.ask(rt, size=size)["size"] for size in sizes], sizes)
        self.assertEqual(len(self.transport.sent), len(sizes))

    def test_numbers_and_texts_come_back_as_they_were(self) -> None:
        values = [2**63 - 1, 2**63, 2**64, 2**64 + 1, -2**63, -2**63 - 1, 10**40, -10**40, 0.1, 1e-320, 1.7976931348623157e308,
                  123456789.123456789, float("inf"), 5e-324, -0.0, 1.0, 1, True, "\ud800", "\udfff x", "\x00", "😀",
                  "12345678901234567890", [[2**70]], {"x": 2**100, "y": 2.5}]
        self.transport.answer = lambda request: {"text": values[request["number"]]}
        for number in range(len(values)):
            self.ask(self.rt, number=number)
        rt = self.again()
        for number, value in enumerate(values):
            found = self.ask(rt, number=number)["text"]
            self.assertEqual((type(found), repr(found)), (type(value), repr(value)))
        self.assertEqual(len(self.transport.sent), len(values))

    def test_orjson_is_used_where_it_is_installed(self) -> None:
        try:
            import orjson
        except ImportError:
            self.skipTest("orjson is not installed")
        self.assertIs(self.rt._orjson, orjson)


del Cached

if __name__ == "__main__":
    unittest.main()
