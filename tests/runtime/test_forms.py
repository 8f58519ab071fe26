"""`cached.once` inside a retry of the program's own, and `cached.live`. Nothing but the standard library is needed; the
real clients are asked where they can be imported."""
from __future__ import annotations

import asyncio
import contextlib
import http.client
import importlib
import io
import socket
import ssl
import time
import unittest
import urllib.error
import urllib.request
from typing import Any

from common import APIConnectionError, Case, Client, Failure, RateLimitError, Server
from test_cached import environment
from test_retry import FakeTime


class Once(Case):
    def setUp(self) -> None:
        super().setUp()
        self.client = Client()
        self.transport = self.client.transport

    def ask(self, rt: Any = None, client: Any = None, **request: Any) -> Any:
        return (rt or self.rt).cached.once((client or self.client).completions.create, model="m", **request)

    @property
    def sent(self) -> int:
        return len(self.transport.sent)

    def test_it_asks_once_and_leaves_the_clients_own_retries(self) -> None:
        for failure, budget, sent in ((Failure(500), 2, 3), (Failure(500), 0, 1), (Failure(429, retry_after="0.01"), 1, 2),
                                      (APIConnectionError(), 0, 1), (Failure(400), 0, 1)):
            self.transport.sent.clear()
            self.transport.failures = [failure] * 9
            client = Client(max_retries=budget, transport=self.transport)
            with self.assertRaises(Failure) as caught:
                self.ask(client=client)
            self.assertIs(caught.exception, failure)
            self.assertIsNone(caught.exception.__context__)
            self.assertEqual((self.sent, client.copies), (sent, 0), failure)
        self.assertEqual((self.rt._pace.in_flight, self.rt._stats["retries"]), (0, 0))

    def test_a_rate_limit_makes_the_others_wait_and_arrives_at_once(self) -> None:
        slept: list[float] = []
        self.rt.time = FakeTime(slept)
        self.transport.failures = [RateLimitError(429, retry_after="7")]
        client = Client(max_retries=0, transport=self.transport)
        with self.assertRaises(RateLimitError):
            self.ask(client=client)
        self.assertEqual((slept, self.rt._pace.streak), ([], 1))
        for ask in (self.rt.cached, self.rt.cached.once, self.rt.cached.live):
            self.rt._pace.paused_until = self.rt.time.monotonic() + 7
            slept.clear()
            ask(client.completions.create, model="m")
            self.assertTrue(7 <= sum(slept) <= 8, slept)
        self.assertEqual(self.rt._pace.streak, 0)

    def test_a_pause_that_the_server_does_not_name_grows_with_the_episodes(self) -> None:
        slept: list[float] = []
        self.rt.time = FakeTime(slept)
        self.rt._dice.uniform = lambda low, high: high
        client = Client(max_retries=0, transport=self.transport)
        pauses = []
        for _ in range(9):
            self.transport.failures = [RateLimitError(429)]
            with self.assertRaises(RateLimitError):
                self.ask(client=client)
            pauses.append(round(self.rt._pace.paused_until - self.rt.time.monotonic(), 6))
            self.rt.time.now = self.rt._pace.paused_until + 0.1
        self.assertEqual(pauses, [0.5, 1, 2, 4, 8, 16, 30, 30, 30])

    def test_a_pause_beyond_the_deadline_is_not_made(self) -> None:
        self.transport.failures = [RateLimitError(429, retry_after="3600")]
        with self.assertRaises(RateLimitError):
            self.ask(client=Client(max_retries=0, transport=self.transport))
        began = time.monotonic()
        self.ask()
        self.assertLess(time.monotonic() - began, 2)

    def test_an_exhausted_quota_makes_nobody_wait(self) -> None:
        self.transport.failures = [RateLimitError(429, body={"code": "insufficient_quota"}, retry_after="30")]
        with self.assertRaises(RateLimitError):
            self.ask(client=Client(max_retries=0, transport=self.transport))
        self.assertLess(self.rt._pace.paused_until, time.monotonic())

    def test_answers_are_kept_and_shared_with_cached(self) -> None:
        first = [self.ask(prompt=prompt) for prompt in "aab"]
        again = self.again()
        self.assertEqual([self.ask(again, prompt=prompt) for prompt in "aab"], first)
        again = self.again()
        self.assertEqual([again.cached(self.client.completions.create, model="m", prompt=p) for p in "aab"], first)
        self.assertEqual(self.sent, 3)

    def test_a_hand_written_retry_finds_its_answer_at_once_in_a_second_run(self) -> None:
        def work(rt: Any, client: Any) -> Any:
            def ask(item: str) -> Any:
                for _ in range(5):
                    try:
                        return self.ask(rt, client, prompt=item)
                    except Failure:
                        time.sleep(0.001)
                raise AssertionError("no answer")
            return ask

        client = Client(max_retries=0, transport=self.transport)
        self.transport.failures = [Failure(500), RateLimitError(429, retry_after="0.02"), Failure(500)]
        first = self.rt.gather(work(self.rt, client), "abc", limit=2)
        self.assertEqual(self.sent, 6)
        rt = self.again()
        self.assertEqual(rt.gather(work(rt, client), "abc", limit=2), first)
        self.assertEqual(self.sent, 6)

    def test_asking_until_an_answer_parses_brings_new_answers(self) -> None:
        def until_third(rt: Any) -> Any:
            def work(item: str) -> list[str]:
                found: list[str] = []
                while not found or int(found[-1].split()[1]) % 3:
                    found.append(self.ask(rt, prompt=item)["text"])
                return found
            return rt.gather(work, ["a", "b"], limit=1)

        first = until_third(self.rt)
        self.assertEqual((len(first[0]), self.sent), (3, 6))
        self.assertEqual((until_third(self.again()), self.sent), (first, 6))

    def test_asynchronous_calls(self) -> None:
        self.transport.failures = [Failure(500)] * 3
        create = self.client.async_completions.create

        async def main() -> Any:
            with self.assertRaises(Failure):
                await self.rt.cached.once(create, model="m")
            return await self.rt.cached.once(create, model="m")

        found = asyncio.run(main())
        self.assertEqual(self.sent, 4)
        self.assertEqual(asyncio.run(self.again().cached.once(create, model="m")), found)
        self.assertEqual(self.sent, 4)

    def test_a_tenacity_decorator_around_it(self) -> None:
        try:
            tenacity: Any = importlib.import_module("tenacity")
        except ImportError:
            self.skipTest("tenacity is not installed")
        client = Client(max_retries=0, transport=self.transport)

        @tenacity.retry(stop=tenacity.stop_after_attempt(4), reraise=True)
        def ask(item: str) -> Any:
            return self.ask(self.rt, client, prompt=item)

        self.transport.failures = [Failure(500)] * 3
        found = self.rt.gather(ask, ["a"])
        self.assertEqual(self.sent, 4)
        self.transport.failures = [Failure(400)] * 9
        with self.assertRaises(Failure):
            self.rt.gather(ask, ["b"])
        self.assertEqual(self.sent, 8)
        rt = self.again()
        self.assertEqual(rt.gather(lambda item: self.ask(rt, client, prompt=item), ["a"]), found)
        self.assertEqual(self.sent, 8)

    def test_a_loop_that_was_left_ends_a_hand_written_retry(self) -> None:
        client = Client(max_retries=0, transport=self.transport)
        self.transport.answer = lambda request: (_ for _ in ()).throw(Failure(500))
        rt = self.again()

        def work(item: int) -> Any:
            if item == 0:
                return time.sleep(0.05)
            while True:
                try:
                    return self.ask(rt, client, prompt=item)
                except Exception:
                    time.sleep(0.005)

        for _ in rt.ahead(work, range(4), limit=4):
            time.sleep(0.1)
            break
        time.sleep(0.1)
        sent = self.sent
        self.assertGreater(sent, 3)
        time.sleep(0.1)
        self.assertEqual(self.sent, sent)


class Response:
    """As requests and httpx have it."""

    def __init__(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.status_code, self._content, self.closed = status, body, False
        self.headers = {name.replace("_", "-").title(): value for name, value in headers.items()}

    def __bool__(self) -> bool:  # of requests
        return self.status_code < 400

    def close(self) -> None:
        self.closed = True


class Later:
    """As aiohttp has it."""

    def __init__(self, status: int, **headers: str) -> None:
        self.status, self.headers, self.released = status, headers, False

    def release(self) -> None:
        self.released = True


class Live(Case):
    def setUp(self) -> None:
        super().setUp()
        self.slept: list[float] = []
        self.rt.time = FakeTime(self.slept)
        self.asked: list[Any] = []

    def get(self, results: list[Any], form: Any = None, url: Any = "url", **more: Any) -> Any:
        """What comes of a call whose attempts end in `results` in turn, the last of them again and again."""
        self.asked.clear()
        self.slept.clear()

        def get(url: Any, **more: Any) -> Any:
            self.asked.append(url)
            result = results[min(len(self.asked), len(results)) - 1]
            if isinstance(result, BaseException):
                raise result
            return result

        return (form or self.rt.cached.live)(get, url, **more)

    def test_it_never_keeps_nor_finds_an_answer(self) -> None:
        client = Client()
        for _ in range(2):
            for _ in range(2):
                self.again().cached.live(client.completions.create, model="m")
        self.assertEqual((len(client.transport.sent), self.lines()), (4, []))
        self.again().cached(client.completions.create, model="m")
        found = self.again().cached.live(client.completions.create, model="m")
        self.assertEqual(found["text"], "draw 6")

    def test_it_says_nothing_of_a_cache(self) -> None:
        rt = self.again(quiet=False)
        with contextlib.redirect_stderr(io.StringIO()) as err:
            rt.cached.live(lambda: Response(200))
        self.assertEqual(err.getvalue(), "")

    def test_a_client_is_asked_as_often_as_it_would_ask_itself(self) -> None:
        client = Client(max_retries=2)
        client.transport.failures = [Failure(500)] * 9
        with self.assertRaises(Failure):
            self.rt.cached.live(client.completions.create, model="m")
        self.assertEqual(len(client.transport.sent), 3)

    def test_a_response_that_is_a_rate_limit_is_waited_out(self) -> None:
        for limit in (Response(429), Response(429, retry_after="2"), Response(503, retry_after="2")):
            good = Response(200)
            self.assertIs(self.get([limit] * 20 + [good]), good)
            self.assertEqual((len(self.asked), limit.closed, good.closed), (21, True, False))
            if limit.headers:
                self.assertTrue(40 <= sum(self.slept) <= 60, self.slept)

    def test_where_it_stays_so_the_last_response_is_the_answer(self) -> None:
        with environment(PERFMOD_DEADLINE="60"):
            limits = [Response(429, retry_after="5") for _ in range(50)]
            found = self.get(limits)
            self.assertIs(found, limits[len(self.asked) - 1])
            self.assertGreater(len(self.asked), 8)
            self.assertFalse(found.closed)
            self.assertTrue(sum(self.slept) <= 60)
            far = Response(429, retry_after="3600")
            self.assertIs(self.get([far]), far)
            self.assertEqual((len(self.asked), self.slept), (1, []))

    def test_a_transient_response_is_asked_for_again_a_few_times(self) -> None:
        for status in (500, 502, 503, 504, 408):
            bad, good = Response(status), Response(200)
            self.assertIs(self.get([bad, bad, good]), good)
            self.assertIs(self.get([bad]), bad)
            self.assertEqual((len(self.asked), bad.closed), (6, True))
            self.assertLess(sum(self.slept), 16)

    def test_other_responses_are_answers(self) -> None:
        for status in (200, 204, 301, 304, 400, 401, 403, 404, 410, 422):
            answer = Response(status, retry_after="1")
            self.assertIs(self.get([answer]), answer)
            self.assertEqual((len(self.asked), answer.closed), (1, False), status)
        quota = Response(429, b'{"error": {"code": "insufficient_quota"}}')
        self.assertIs(self.get([quota]), quota)
        self.assertEqual(len(self.asked), 1)
        for other in ({"status_code": 429}, "429", 503, None):
            self.assertIs(self.get([other]), other)
            self.assertEqual(len(self.asked), 1)

    def test_the_status_of_exceptions_of_many_clients(self) -> None:
        def carrying(**values: Any) -> Exception:
            error = Exception("carrier")
            vars(error).update(values)
            return error

        message = http.client.HTTPMessage()
        message["Retry-After"] = "2"
        throttled = {"ResponseMetadata": {"HTTPStatusCode": 429, "HTTPHeaders": {"retry-after": "2"}}}
        for limit in (carrying(response=Response(429, retry_after="2")), carrying(status=429, headers={"Retry-After": "2"}),
                      urllib.error.HTTPError("url", 429, "slow down", message, None), carrying(response=throttled),
                      urllib.error.HTTPError("url", 503, "slow down", message, None),
                      carrying(code=429, status="RESOURCE_EXHAUSTED", headers={"retry-after": "2"})):
            self.assertEqual(self.get([limit] * 9 + ["good"]), "good")
            self.assertEqual(len(self.asked), 10)
            self.assertGreaterEqual(sum(self.slept), 18)
        for transient in (carrying(response=Response(500)), carrying(status=502, headers={}), carrying(code=503),
                          carrying(response={"ResponseMetadata": {"HTTPStatusCode": 500}})):
            self.fails(transient, 6)
        for other in (carrying(response=Response(404)), carrying(status=400, headers={}), carrying(code="429"),
                      carrying(response=None, status=None), urllib.error.HTTPError("url", 404, "gone", message, None),
                      ValueError("x"), OSError(28, "the disk is full"), FileNotFoundError("x")):
            self.fails(other, 1)

    def fails(self, failure: BaseException, attempts: int, form: Any = None) -> None:
        with self.assertRaises(type(failure)) as caught:
            self.get([failure], form)
        self.assertIs(caught.exception, failure)
        self.assertEqual(len(self.asked), attempts, repr(failure))

    def test_connections_that_fail(self) -> None:
        for cut in (ConnectionResetError(), ConnectionRefusedError(), BrokenPipeError(), TimeoutError(), socket.timeout(),
                    asyncio.TimeoutError(), http.client.RemoteDisconnected(), http.client.IncompleteRead(b""),
                    urllib.error.URLError(ConnectionRefusedError()), urllib.error.URLError(socket.gaierror()),
                    urllib.error.URLError(socket.timeout())):
            self.fails(cut, 6)
            self.assertIs(self.get([cut, cut, "good"]), "good")
        for other in (urllib.error.URLError("unknown url type: x"), ssl.SSLCertVerificationError(),
                      urllib.error.URLError(ssl.SSLCertVerificationError()), KeyboardInterrupt(), SystemExit(),
                      asyncio.CancelledError()):
            self.fails(other, 1)

    def test_they_are_left_to_the_program_by_the_other_forms(self) -> None:
        for form in (self.rt.cached, self.rt.cached.once):
            for failure in (ConnectionResetError(), TimeoutError(), urllib.error.URLError(ConnectionRefusedError())):
                self.fails(failure, 1, form)
            bad = Response(500)
            self.assertIs(self.get([bad], form), bad)
            self.assertEqual((len(self.asked), bad.closed), (1, False))

    def test_a_response_that_is_a_rate_limit_in_the_other_forms(self) -> None:
        limit, good = Response(429, retry_after="2"), Response(200)
        self.assertIs(self.get([limit, limit, good], self.rt.cached), good)
        self.assertIs(self.get([limit], self.rt.cached.once), limit)
        self.assertEqual((len(self.asked), limit.closed and self.rt._pace.in_flight == 0), (1, True))
        self.assertGreater(self.rt._pace.paused_until, self.rt.time.monotonic() + 1.9)

    def test_arguments_that_are_used_up_are_sent_once(self) -> None:
        for used in (iter([1]), io.BytesIO(b"x"), (n for n in range(2)), [io.StringIO()]):
            self.assertEqual(self.get([Response(429, retry_after="1")], url=used).status_code, 429)
            self.assertEqual(len(self.asked), 1)
            self.get([Response(503)], data={"file": used})
            self.assertEqual(len(self.asked), 1)
        for plain in (object(), (1, object()), b"x"):
            self.get([Response(500), Response(200)], url=plain)
            self.assertEqual(len(self.asked), 2)

    def test_aiohttp_like_responses_on_an_event_loop(self) -> None:
        limit, good, asked = Later(429, **{"Retry-After": "0.01"}), Later(200), []

        async def get(url: str) -> Any:
            asked.append(url)
            return limit if len(asked) < 4 else good

        self.assertIs(asyncio.run(self.again().cached.live(get, "url")), good)
        self.assertEqual((len(asked), limit.released, good.released), (4, True, False))

    def test_a_broken_mapping_of_headers_hides_no_failure(self) -> None:
        class Headers:
            def keys(self) -> Any:
                raise RuntimeError

        error = Failure(500)
        error.headers = Headers()  # type: ignore[assignment]
        self.fails(error, 6)


class RealClients(Case):
    """What installed clients raise and answer, over real sockets."""

    server: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            cls.nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/json/x"

    nobody = ""

    def setUp(self) -> None:
        super().setUp()
        self.server.control(reset=True, latency=0, limit_share=1, retry_after="0.05", fail={}, close=False)
        self.rt._dice.uniform = lambda low, high: low * 0.01
        self.url = self.server.url + "/json/x"

    def counts(self, get: Any, status: Any, is_async: bool = False) -> None:
        """One rate limit is outlasted; without a server and with a cut connection the client's own error arrives."""
        live = self.rt.cached.live
        ask = (lambda url: asyncio.run(get(live, url))) if is_async else lambda url: get(live, url)
        self.assertEqual(status(ask(self.url)), 200)
        self.assertEqual(self.server.stats()["by_status"], {"429": 1, "200": 1})
        retries = self.rt._stats["retries"]
        for url in (self.nobody, self.url):
            self.server.control(close=True)
            with self.assertRaises(Exception) as alone:
                plain = get(lambda call, *args, **kwargs: call(*args, **kwargs), url)
                asyncio.run(plain) if is_async else plain
            with self.assertRaises(type(alone.exception)):
                ask(url)
            self.assertEqual(self.rt._stats["retries"] - retries, 5, repr(alone.exception))
            retries += 5

    def module(self, name: str) -> Any:
        try:
            return importlib.import_module(name)
        except ImportError:
            self.skipTest(f"{name} is not installed")

    def test_urllib(self) -> None:
        def get(call: Any, url: str) -> Any:
            with call(urllib.request.urlopen, url, timeout=5) as response:
                return response.status

        self.counts(get, int)

    def test_requests(self) -> None:
        requests = self.module("requests")
        self.counts(lambda call, url: call(requests.get, url, timeout=5), lambda response: response.status_code)
        with requests.Session() as session:
            self.server.control(reset=True, close=False)
            self.counts(lambda call, url: call(session.get, url), lambda response: response.status_code)

            def raising(url: str) -> Any:
                response = session.get(url)
                response.raise_for_status()
                return response

            self.server.control(reset=True, close=False)
            self.counts(lambda call, url: call(raising, url), lambda response: response.status_code)

    def test_httpx(self) -> None:
        httpx = self.module("httpx")
        self.counts(lambda call, url: call(httpx.get, url), lambda response: response.status_code)

        async def get(call: Any, url: str) -> Any:
            async with httpx.AsyncClient() as client:
                return await call(client.get, url)

        self.server.control(reset=True, close=False)
        self.counts(get, lambda response: response.status_code, is_async=True)

    def test_urllib3(self) -> None:
        urllib3 = self.module("urllib3")
        with urllib3.PoolManager(retries=False) as pool:
            self.counts(lambda call, url: call(pool.request, "GET", url), lambda response: response.status)

    def test_aiohttp(self) -> None:
        aiohttp = self.module("aiohttp")

        async def get(call: Any, url: str) -> Any:
            async with aiohttp.ClientSession() as session:
                response = await call(session.get, url)
                response.release()
                return response.status

        self.counts(get, int, is_async=True)

    def test_aiohttp_waits_for_the_others_without_holding_the_loop(self) -> None:
        aiohttp = self.module("aiohttp")
        self.server.control(limit_share=0)
        ticks = []

        async def tick() -> None:
            while True:
                ticks.append(1)
                await asyncio.sleep(0.01)

        async def main() -> None:
            ticker = asyncio.ensure_future(tick())
            async with aiohttp.ClientSession() as session:
                self.rt._pace.paused_until = time.monotonic() + 0.3
                response = await self.rt.cached.live(session.get, self.url)
                response.release()
            ticker.cancel()

        asyncio.run(main())
        self.assertGreater(len(ticks), 10)

    def test_botocore(self) -> None:
        session = self.module("botocore.session").get_session()
        retries = self.module("botocore.config").Config(retries={"total_max_attempts": 1})
        with environment(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x"):
            client = session.create_client("s3", region_name="us-east-1", config=retries,
                                           endpoint_url=self.nobody.rpartition("/json")[0])
        with self.assertRaises(Exception) as caught:
            self.rt.cached.live(client.list_buckets)
        self.assertEqual((type(caught.exception).__name__, self.rt._stats["retries"]), ("EndpointConnectionError", 5))


if __name__ == "__main__":
    unittest.main()
