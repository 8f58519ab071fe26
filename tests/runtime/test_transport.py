"""Over which transport `cached` asks in place of a client of openai (from 1.0), against tests/support/server.py.

Skipped where openai cannot be imported; what needs aiohttp says so.
"""
from __future__ import annotations

import asyncio
import importlib.util
import threading
import time
import unittest
from typing import Any
from unittest import mock

from common import Case, Server
from test_openai import OLD, openai

HAS_AIOHTTP = False
if openai is not None and not OLD and importlib.util.find_spec("aiohttp"):
    try:
        asyncio.run(openai.DefaultAioHttpClient().aclose())
        HAS_AIOHTTP = True
    except (AttributeError, RuntimeError):  # an SDK that has no such transport, or not all of it
        pass


@unittest.skipIf(openai is None or OLD, "needs openai from 1.0")
class Transport(Case):
    server: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self) -> None:
        super().setUp()
        self.rt = self.again(cache=False)
        self.rt._dice.uniform = lambda low, high: low * 0.01
        self.server.control(reset=True, latency=50, jitter=0, limit_share=0, retry_after="0.05", fail={}, close=False,
                            hold=0)

    def client(self, **more: Any) -> Any:
        return openai.AsyncOpenAI(base_url=self.server.url + "/v1", api_key="secret-key", **more)

    def ask(self, calls: int, limit: int, make: Any = None, form: Any = None, before: Any = lambda client: None) -> Any:
        """The texts of the answers, the client and its twin; the connections are closed behind it."""
        async def main() -> Any:
            client = (make or self.client)()
            before(client)

            async def work(number: int) -> str:
                answer = await (form or self.rt.cached)(client.chat.completions.create, model="m", messages=[
                    {"role": "user", "content": f"q{number}"}])
                return str(answer.choices[0].message.content)

            found = await self.rt.gather(work, range(calls), limit=limit)
            self.twin = self.rt._twins[client][asyncio.get_running_loop()]
            self.made = list(self.twin.pools[1:])
            return found

        found = self.rt.run(main())
        self.assertEqual([text.split(" to ")[1] for text in found], [f"q{number}" for number in range(calls)])
        self.assertTrue(all(pool.is_closed for pool in self.made))
        self.assertEqual((self.rt._transports, sum(self.twin.busy)), ({}, 0))
        if self.made:
            self.assertTrue(all(not twins for twins in self.rt._twins.values()))
        return self.twin

    def without_aiohttp(self) -> Any:
        return mock.patch.object(openai, "DefaultAioHttpClient", side_effect=RuntimeError, create=True)

    @unittest.skipUnless(HAS_AIOHTTP, "openai[aiohttp] is not installed")
    def test_the_fastest_that_is_installed(self) -> None:
        self.assertTrue(self.ask(120, 60).fast)
        self.assertIn("aiohttp", type(self.made[0]).__mro__[1].__name__.lower())
        self.assertEqual(len(self.made), 1)
        self.assertLessEqual(self.server.stats()["connections"], 60 + 2)  # two of this test's own

    def test_else_pools_of_twenty_calls(self) -> None:
        self.server.control(hold=60)
        with self.without_aiohttp():
            self.assertFalse(self.ask(120, 60).fast)
        self.assertEqual(len(self.made), 2)
        self.assertTrue(all(type(pool).__name__ == "AsyncHttpxClientWrapper" for pool in self.made))
        self.assertLessEqual(self.server.stats()["connections"], 60 + 2)

    def test_threads_have_pools_as_well(self) -> None:
        self.server.control(hold=60)
        with openai.OpenAI(base_url=self.server.url + "/v1", api_key="k") as client:
            def ask(number: int) -> Any:
                return self.rt.cached(client.chat.completions.create, model="m", messages=[
                    {"role": "user", "content": f"q{number}"}]).choices[0].message.content

            found = self.rt.gather(ask, range(120), limit=60)
            self.assertEqual([text.split(" to ")[1] for text in found], [f"q{number}" for number in range(120)])
            twin = self.rt._twins[client][None]
            self.assertEqual((len(twin.pools), sum(twin.busy), twin.fast), (3, 0, False))
            self.assertLessEqual(self.server.stats()["connections"], 60 + 2)

    def test_the_same_requests_leave_over_each(self) -> None:
        bodies, keys = [], []
        for make in (self.client, lambda: self.client(http_client=openai.DefaultAsyncHttpxClient())):
            self.server.control(reset=True)
            self.ask(40, 40, make)
            stats = self.server.stats()
            bodies.append(stats["bodies"])
            keys.append(stats["keys"])
        self.assertEqual((bodies[0], keys[0]), (bodies[1], keys[1]))

    def test_a_transport_of_the_programs_own_is_left_alone(self) -> None:
        for make in (lambda: self.client(http_client=openai.DefaultAsyncHttpxClient()),
                     lambda: self.client(http_client=openai.AsyncOpenAI(api_key="k")._client.__class__.__mro__[1]())):
            twin = self.ask(60, 60, make)
            self.assertEqual((twin.fast, twin.make, self.made), (False, None, []))

    def test_what_watches_or_replaces_a_transport_is_left_alone(self) -> None:
        seen: list[Any] = []

        async def hook(request: Any) -> None:
            seen.append(request)

        def hooked(client: Any) -> None:
            client._client.event_hooks = {"request": [hook]}

        def replaced(client: Any) -> None:
            send = client._client.send

            async def watched(*args: Any, **kwargs: Any) -> Any:
                seen.append(args)
                return await send(*args, **kwargs)
            client._client.send = watched

        for before in (hooked, replaced):
            seen.clear()
            self.assertIsNone(self.ask(40, 40, before=before).make)
            self.assertEqual((len(seen), self.made), (40, []))
        transport = type(self.client()._client._transport)
        real = transport.handle_async_request

        async def patched(own: Any, request: Any) -> Any:  # as a mock of HTTP does it
            seen.append(request)
            return await real(own, request)

        seen.clear()
        with mock.patch.object(transport, "handle_async_request", patched):
            self.assertIsNone(self.ask(40, 40).make)
        self.assertEqual((len(seen), self.made), (40, []))

    def test_once_leaves_the_client_and_its_retries(self) -> None:
        self.server.control(fail={"q7": [500, 1]})
        with self.without_aiohttp():
            self.ask(20, 10, form=self.rt.cached.once)
        self.assertEqual((self.made, self.server.stats()["retry_headers"].count("1")), ([], 1))

    def test_failures_that_arrive_are_those_of_the_programs_own_transport(self) -> None:
        def failing(ask: Any, **more: Any) -> BaseException:
            async def main() -> Any:
                async with self.client(timeout=0.4, **more) as client:
                    return await ask(client.chat.completions.create, model="m", messages=[])

            with self.assertRaises(openai.APIConnectionError) as caught:
                self.rt.run(main())
            return caught.exception

        for settings in ({"close": True}, {"latency": 900}):
            for retries in (0, 1):
                self.server.control(**{"reset": True, "close": False, "latency": 0, **settings})
                plain = failing(lambda call, **request: call(**request), max_retries=retries)
                total = self.server.stats()["total"]
                ours = failing(self.rt.cached, max_retries=retries)
                self.assertEqual((type(ours), str(ours), type(ours.__cause__)),
                                 (type(plain), str(plain), type(plain.__cause__)))
                self.assertEqual((total, self.server.stats()["total"]), (retries + 1, 2 * retries + 2))

    @unittest.skipUnless(HAS_AIOHTTP, "openai[aiohttp] is not installed")
    def test_a_transport_that_never_gets_an_answer_is_given_up(self) -> None:
        with mock.patch.dict("os.environ", {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}):
            fast = openai.DefaultAioHttpClient()  # goes through a proxy that nobody is at
        with mock.patch.object(openai, "DefaultAioHttpClient", lambda: fast):
            twin = self.ask(30, 10)
        self.assertEqual((twin.fast, twin.make), (False, None))
        self.assertEqual(self.server.stats()["total"], 30)

    def test_the_key_and_the_address_of_the_client_are_used(self) -> None:
        async def main() -> None:
            async with self.client() as client:
                for key in ("one", "two", "one"):
                    client.api_key = key
                    await self.rt.cached(client.chat.completions.create, model="m", messages=[])

        self.rt.run(main())
        self.assertEqual(self.server.stats()["keys"], ["Bearer one", "Bearer two"])

    def test_several_loops_in_turn_and_at_once(self) -> None:
        async def main() -> Any:
            client = self.client()
            return await asyncio.gather(*(self.rt.cached(client.embeddings.create, model="m", input="x",
                                                         encoding_format="float") for _ in range(30)))

        for _ in range(3):
            self.assertEqual(len(asyncio.run(main())), 30)
        threads = [threading.Thread(target=lambda: asyncio.run(main())) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        self.assertEqual((self.server.stats()["total"], self.rt._transports), (180, {}))

    PROGRAM = """
        import asyncio, openai
        from perfmod_runtime import cached, gather, run
        async def main():
            client = openai.AsyncOpenAI(base_url={url!r}, api_key="k")
            async def ask(n):
                return await cached(client.chat.completions.create, model="m", messages=[])
            print(len(await gather(ask, range(60), limit=60)))
        {how}
    """

    def test_a_program_ends_without_noise_however_it_runs_its_loop(self) -> None:
        for how in ("run(main())", "asyncio.run(main())", "asyncio.new_event_loop().run_until_complete(main())",
                    "loop = asyncio.new_event_loop(); loop.run_until_complete(main()); loop.close()"):
            source = self.PROGRAM.format(url=self.server.url + "/v1", how=how)
            for variables in ({}, {"PYTHONWARNINGS": "ignore"}):
                found = self.run_program(source, PERFMOD_QUIET="1", PERFMOD_CACHE="off", **variables)
                self.assertEqual(found, ("60\n", "", 0), how)

    def test_leaving_early_cancels_what_is_on_its_way(self) -> None:
        self.server.control(latency=300)

        async def main() -> None:
            client = self.client()

            async def work(number: int) -> Any:
                return await self.rt.cached(client.chat.completions.create, model="m", messages=[])

            for _ in self.rt.ahead(work, range(50), limit=50):
                await asyncio.sleep(0.1)
                break
            await asyncio.sleep(0)
            self.twin = self.rt._twins[client][asyncio.get_running_loop()]

        began = time.monotonic()
        self.rt.run(main())
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual((sum(self.twin.busy), self.rt._pace.in_flight, self.rt._transports), (0, 0, {}))


if __name__ == "__main__":
    unittest.main()
