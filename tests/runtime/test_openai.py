"""The runtime under the real `openai` package, 0.28 and 1.x upwards, against tests/support/server.py.

Skipped where openai cannot be imported; README.md names the versions that are run.
"""
from __future__ import annotations

import asyncio
import logging
import time
import unittest
from typing import Any

from common import Case, Server

try:
    import openai
except ImportError:
    openai = None  # type: ignore[assignment]

OLD = openai is not None and not hasattr(openai, "OpenAI")
if openai is not None and not OLD:
    import pydantic

    class Whole(pydantic.BaseModel):
        text: str
        more: int = 1

    class Lossy(pydantic.BaseModel):
        text: str

        @pydantic.field_serializer("text")
        def shorten(self, value: str) -> str:
            return "..."

logging.getLogger("openai").setLevel(logging.ERROR)


@unittest.skipIf(openai is None, "the openai package is not installed")
class Real(Case):
    server: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self) -> None:
        super().setUp()
        self.server.control(reset=True, latency=0, jitter=0, limit_share=0, rps=0, retry_after="0.05", quota=False,
                            fail={}, should_retry=None, finish="stop", content=False, close=False, sample=False)
        if OLD:
            openai.api_base, openai.api_key = self.server.url + "/v1", "secret-key"
        else:
            self.client = openai.OpenAI(base_url=self.server.url + "/v1", api_key="secret-key")
            self.addCleanup(self.client.close)

    @staticmethod
    def request(prompt: str, **more: Any) -> dict[str, Any]:
        return {"model": "gpt-test", "messages": [{"role": "user", "content": prompt}], **more}

    @property
    def create(self) -> Any:
        return openai.ChatCompletion.create if OLD else self.client.chat.completions.create

    def async_client(self, **more: Any) -> Any:
        return None if OLD else openai.AsyncOpenAI(base_url=self.server.url + "/v1", api_key="secret-key", **more)

    @staticmethod
    def acreate(client: Any) -> Any:
        return openai.ChatCompletion.acreate if OLD else client.chat.completions.create

    def ask(self, rt: Any, prompt: str, **more: Any) -> Any:
        return rt.cached(self.create, **self.request(prompt, **more))

    def ask_all(self, rt: Any, prompts: Any, limit: int = 20, **client: Any) -> Any:
        async def main() -> Any:
            connection = self.async_client(**client)

            async def work(prompt: str) -> Any:
                return await rt.cached(self.acreate(connection), **self.request(prompt))

            return await rt.gather(work, prompts, limit=limit)

        return rt.run(main())

    def total(self) -> int:
        return int(self.server.stats()["total"])

    def test_the_same_requests_and_answers_as_without_the_runtime(self) -> None:
        self.server.control(jitter=20, latency=80)  # long enough for a loaded machine to reach the limit
        prompts = [f"q{n % 10}" for n in range(20)]
        plain = [self.create(**self.request(prompt)) for prompt in prompts]
        bodies = self.server.stats()["bodies"]
        self.server.control(reset=True)
        in_threads = self.rt.gather(lambda prompt: self.ask(self.rt, prompt), prompts, limit=5)
        stats = self.server.stats()
        self.assertEqual((in_threads, stats["bodies"], stats["max_in_flight"]), (plain, bodies, 5))
        self.server.control(reset=True)
        self.assertEqual(self.ask_all(self.again(cache=False), prompts, limit=5), plain)
        stats = self.server.stats()
        self.assertEqual((stats["bodies"], stats["max_in_flight"]), (bodies, 5))

    def test_a_warm_cache_serves_both_executors_equal_objects_of_the_same_type(self) -> None:
        prompts = [f"q{n}" for n in range(10)]
        first = self.ask_all(self.rt, prompts)
        rt = self.again()
        for found in (self.ask_all(self.again(), prompts), rt.gather(lambda p: self.ask(rt, p), prompts)):
            self.assertEqual(found, first)
            for one, two in zip(found, first):
                self.assertIs(type(one), type(two))
                self.assertIs(type(one.choices[0].message), type(two.choices[0].message))
                self.assertEqual(one.choices[0].message.content, two.choices[0].message.content)
                self.assertEqual(repr(one) if not OLD else str(one), repr(two) if not OLD else str(two))
                if OLD:
                    self.assertEqual(one["choices"][0]["message"]["content"], two.choices[0].message.content)
                else:
                    self.assertEqual(one.model_dump(), two.model_dump())
                    self.assertEqual(one.model_dump(exclude_unset=True), two.model_dump(exclude_unset=True))
                    self.assertEqual(one._request_id, two._request_id)
        self.assertEqual(self.total(), 10)
        for line in self.lines():
            self.assertNotIn("secret-key", str(line))

    def test_embeddings(self) -> None:
        def embed(rt: Any) -> Any:
            call = openai.Embedding.create if OLD else self.client.embeddings.create
            return rt.cached(call, model="embed", input=["a", "b"])

        first = embed(self.rt)
        self.assertEqual(embed(self.again()), first)
        self.assertEqual(self.total(), 1)

    def test_samples_stay_apart(self) -> None:
        self.server.control(sample=True, jitter=15)
        first = self.ask_all(self.rt, ["same"] * 8)
        texts = [answer.choices[0].message.content for answer in first]
        self.assertEqual(len(set(texts)), 8)
        again = self.ask_all(self.again(), ["same"] * 8)
        self.assertEqual([answer.choices[0].message.content for answer in again], texts)
        self.assertEqual(self.total(), 8)

    def test_what_should_not_be_kept(self) -> None:
        for settings in ({"finish": "length"}, {"finish": "content_filter"}, {"content": ""}, {"content": None}):
            self.server.control(**{"reset": True, "finish": "stop", "content": False, **settings})
            for _ in range(2):
                self.ask(self.again(), "a")
            self.assertEqual(self.total(), 2, settings)
        self.server.control(reset=True, finish="length", content=False)
        for _ in range(2):
            self.ask(self.again(), "a", max_tokens=5)
        self.assertEqual(self.total(), 1)

    def test_several_choices(self) -> None:
        for _ in range(2):
            self.assertEqual(len(self.ask(self.again(), "a", n=2).choices), 2)
        self.assertEqual(self.total(), 1)

    def test_an_answer_that_would_come_back_different_is_not_kept(self) -> None:
        if OLD:
            self.skipTest("needs pydantic")
        for kind, sent in ((Whole, 1), (Lossy, 2)):
            asked = []

            class Sdk:
                def ask(self, prompt: str) -> Any:
                    asked.append(prompt)
                    return kind(text=prompt)

            for _ in range(2):
                self.assertEqual(self.again().cached(Sdk().ask, kind.__name__), kind(text=kind.__name__))
            self.assertEqual(len(asked), sent, kind)

    def failure(self, name: str) -> Any:
        return getattr(openai.error if OLD else openai, name)

    def test_transient_failures_cost_as_many_attempts_as_without_the_runtime(self) -> None:
        self.server.control(fail={"bad": [500, -1]})
        fast = [] if OLD else [0, 1]
        for budget in fast or [None]:
            more = {} if budget is None else {"max_retries": budget}
            if not OLD:
                self.client = self.client.with_options(**more)
            counts = []
            for ask in (lambda: self.create(**self.request("bad")), lambda: self.ask(self.again(), "bad"),
                        lambda: self.ask_all(self.again(), ["bad"], **more)):
                self.server.control(reset=True)
                with self.assertRaises(self.failure("APIError")):
                    ask()
                counts.append(self.total())
            self.assertEqual(counts, [1 if OLD else 1 + (budget or 0)] * 3)

    def test_a_transient_failure_is_survived(self) -> None:
        if OLD:
            self.skipTest("openai 0.28 does not retry")
        self.server.control(fail={"q3": [503, 1]})
        self.assertEqual(len(self.ask_all(self.rt, [f"q{n}" for n in range(6)])), 6)
        self.assertEqual(self.total(), 7)

    def test_bad_requests_surface_at_once_as_the_sdks_own_errors(self) -> None:
        for status, name in ((400, "InvalidRequestError" if OLD else "BadRequestError"), (401, "AuthenticationError")):
            self.server.control(reset=True, fail={"bad": [status, -1]})
            with self.assertRaises(self.failure(name)):
                self.ask(self.rt, "bad")
            with self.assertRaises(self.failure(name)):
                self.ask_all(self.rt, ["bad"])
            self.assertEqual(self.total(), 2)

    def test_a_rate_limit_loses_no_call(self) -> None:
        prompts = [f"q{n}" for n in range(40)]
        self.server.control(limit_share=0.3)
        for rt in (self.rt, self.again(cache=False)):
            self.server.control(reset=True)
            found = self.ask_all(rt, prompts)
            self.assertEqual([a.choices[0].message.content.split(" to ")[1] for a in found], prompts)
            stats = self.server.stats()
            self.assertGreater(stats["by_status"]["429"], 3)
            self.assertEqual(stats["by_status"]["200"], 40)
        self.server.control(reset=True, limit_share=0, rps=60, retry_after="0.3")
        rt = self.again(cache=False)
        self.assertEqual(len(rt.gather(lambda p: self.ask(rt, p), [f"q{n}" for n in range(90)], limit=30)), 90)
        self.assertEqual(self.server.stats()["by_status"]["200"], 90)

    def test_an_exhausted_quota_surfaces_at_once(self) -> None:
        self.server.control(limit_share=1, quota=True)
        began = time.monotonic()
        with self.assertRaises(self.failure("RateLimitError")):
            self.ask(self.rt, "a")
        self.assertEqual((self.total(), time.monotonic() - began < 1), (1, True))

    def test_the_base_url_separates_entries(self) -> None:
        self.ask(self.rt, "a")
        if OLD:
            openai.api_base = self.server.url.replace("127.0.0.1", "localhost") + "/v1"
        else:
            self.client = openai.OpenAI(base_url=self.server.url.replace("127.0.0.1", "localhost") + "/v1",
                                        api_key="other")
            self.addCleanup(self.client.close)
        self.ask(self.again(), "a")
        self.assertEqual(self.total(), 2)

    def test_the_key_of_the_client_is_used(self) -> None:
        self.ask(self.rt, "a")
        if not OLD:
            self.client.api_key = "rotated"
            self.ask(self.rt, "b")
            self.assertEqual(self.server.stats()["keys"], ["Bearer rotated", "Bearer secret-key"])

    def test_one_pool_of_connections(self) -> None:
        if OLD:
            self.skipTest("openai 0.28 opens a connection per asynchronous call")
        self.server.control(latency=5)
        self.ask_all(self.rt, [f"q{n}" for n in range(60)], limit=10)
        self.assertLessEqual(self.server.stats()["connections"], 12)

    def test_a_connection_that_is_cut(self) -> None:
        self.server.control(close=True)
        if not OLD:
            self.client = self.client.with_options(max_retries=1)
        with self.assertRaises(self.failure("APIConnectionError")):
            self.ask(self.rt, "a")

    PROGRAM = """
        import openai, sys
        from perfmod_runtime import ahead, cached, gather, run
        URL, OLD = {url!r}, {old!r}
        if OLD:
            openai.api_base, openai.api_key = URL, "k"
        async def main():
            client = None if OLD else openai.AsyncOpenAI(base_url=URL, api_key="k")
            async def ask(n):
                create = openai.ChatCompletion.acreate if OLD else client.chat.completions.create
                answer = await cached(create, model="m", messages=[{{"role": "user", "content": f"q{{n}}"}}])
                return answer.choices[0].message.content
            for n, reply in ahead(ask, range(50), limit=10):
                print(await reply)
                {body}
        for _ in range(2):
            run(main())
    """

    def test_a_program_ends_without_noise(self) -> None:
        # A cancelled call of openai 0.28 leaves an open aiohttp session behind, which says so: not ours to hide.
        for body in ("pass",) if OLD else ("pass", "if n == 5: break"):
            source = self.PROGRAM.format(url=self.server.url + "/v1", old=OLD, body=body)
            flags = () if OLD else ("-W", "default::ResourceWarning")
            out, err, code = self.run_program(source, *flags, PERFMOD_QUIET="1", PERFMOD_CACHE="off")
            self.assertEqual((err, code), ("", 0))
            self.assertEqual(len(out.splitlines()), 100 if body == "pass" else 12)


if __name__ == "__main__":
    unittest.main()
