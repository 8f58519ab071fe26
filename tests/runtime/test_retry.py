"""The retry layer and the shared pause, with fake clients. Nothing but the standard library is needed."""
from __future__ import annotations

import asyncio
import email.utils
import functools
import threading
import time
import unittest
from typing import Any

from common import APIConnectionError, APITimeoutError, Case, Client, Failure, RateLimitError, Transport
from test_cached import environment


class Retry(Case):
    def setUp(self) -> None:
        super().setUp()
        self.client = Client()
        self.transport = self.client.transport
        self.slept: list[float] = []
        clock = self.rt.time = FakeTime(self.slept)
        del clock

    def ask(self, client: Any = None, **request: Any) -> Any:
        return self.rt.cached((client or self.client).completions.create, model="m", **request)

    def attempts(self, failure: Any, client: Any = None, times: int = 99) -> int:
        """How often is asked until the failure surfaces, unchanged."""
        self.transport.sent.clear()
        self.transport.failures = [failure] * times
        if times < 99:
            self.ask(client)
        else:
            with self.assertRaises(type(failure)) as caught:
                self.ask(client)
            self.assertIs(caught.exception, failure)
        return len(self.transport.sent)

    def test_transient_errors_are_asked_as_often_as_by_the_client_itself(self) -> None:
        for status in (408, 409, 500, 502, 503, 529):
            self.assertEqual(self.attempts(Failure(status)), 3, status)
        for failure in (APIConnectionError(), APITimeoutError()):
            self.assertEqual(self.attempts(failure), 3)
        for budget in (0, 1, 5):
            self.assertEqual(self.attempts(Failure(500), Client(max_retries=budget, transport=self.transport)),
                             budget + 1)

    def test_other_failures_surface_at_once(self) -> None:
        for failure in (Failure(400), Failure(401), Failure(403), Failure(404), Failure(422), ValueError("x"),
                        ConnectionError("not of the SDK")):
            self.assertEqual(self.attempts(failure), 1, failure)

    def test_a_success_after_failures(self) -> None:
        self.assertEqual(self.attempts(Failure(500), times=2), 3)
        self.assertEqual(self.rt._stats["retries"], 2)

    def test_x_should_retry_is_obeyed(self) -> None:
        self.assertEqual(self.attempts(Failure(500, x_should_retry="false")), 1)
        self.assertEqual(self.attempts(Failure(429, x_should_retry="false")), 1)
        self.assertEqual(self.attempts(Failure(400, x_should_retry="true")), 3)

    def test_the_back_off_of_transient_errors(self) -> None:
        client = Client(max_retries=8, transport=self.transport)
        for _ in range(20):
            self.slept.clear()
            self.attempts(Failure(500), client)
            for place, slept in enumerate(self.slept):
                self.assertLessEqual(slept, min(8.0, 0.5 * 2**place))
        self.slept.clear()
        self.attempts(Failure(503, retry_after="3"))
        self.assertEqual(self.slept, [3.0, 3.0])

    def test_a_rate_limit_is_waited_out_and_not_counted_as_a_transient_error(self) -> None:
        for failure in (Failure(429, retry_after="1"), RateLimitError(retry_after="1")):
            self.assertEqual(self.attempts(failure, times=20), 21)
        old = Failure(retry_after="1")
        old.http_status = 429  # type: ignore[attr-defined]
        self.assertEqual(self.attempts(old, times=20), 21)

    def test_retry_after_is_read_in_all_its_forms(self) -> None:
        for headers, low in (({"retry_after": "2"}, 2), ({"retry_after_ms": "1500"}, 1.5), ({"retry_after": "0.5"}, 0.5),
                             ({"Retry_After": "2"}, 2), ({"retry_after": "date"}, 28.5),
                             ({"retry_after_ms": "700", "retry_after": "9"}, 0.7)):
            self.slept.clear()
            if headers.get("retry_after") == "date":
                headers = {"retry_after": email.utils.formatdate(self.rt.time.time() + 30, usegmt=True)}
            self.attempts(Failure(429, **headers), times=1)
            self.assertTrue(low <= sum(self.slept) <= low * 1.1 + 1.6, (headers, self.slept))
        for headers in ({}, {"retry_after": "soon"}, {"retry_after": "-5"}, {"retry_after": "nan"},
                        {"retry_after": "0"}):
            self.slept.clear()
            self.attempts(Failure(429, **headers), times=3)
            self.assertTrue(0.7 < sum(self.slept) < 4, (headers, self.slept))

    def test_a_deadline_bounds_rate_limits_and_the_error_is_the_original(self) -> None:
        with environment(PERFMOD_DEADLINE="60"):
            began = self.rt.time.monotonic()
            self.assertGreater(self.attempts(Failure(429, retry_after="5")), 8)
            self.assertLessEqual(self.rt.time.monotonic() - began, 60)
            self.assertEqual(self.attempts(Failure(429, retry_after="3600")), 1)

    def test_an_exhausted_quota_fails_at_once(self) -> None:
        for body in ({"code": "insufficient_quota"}, {"error": {"type": "insufficient_quota"}}):
            self.assertEqual(self.attempts(RateLimitError(429, body=body, retry_after="1")), 1)

    def test_there_is_one_layer_of_retries(self) -> None:
        self.assertEqual(self.attempts(Failure(500)), 3)  # 9 if the client's own were still there
        self.assertEqual(self.client.copies, 1)  # made once
        self.client.base_url = "http://moved"
        self.attempts(Failure(400))
        self.assertEqual(self.client.copies, 2)  # and again when the client has changed

    def test_a_client_that_cannot_be_copied_keeps_its_own_retries(self) -> None:
        class Odd(Client):
            def with_options(self, **options: Any) -> Client:
                raise TypeError

        self.assertEqual(self.attempts(Failure(500), Odd(transport=self.transport)), 3)

    def test_a_method_replaced_on_the_instance_is_respected(self) -> None:
        seen = []

        def replaced(resource: Any, **request: Any) -> str:
            seen.append(request)
            return "mine"

        self.client.completions.create = functools.partial(replaced, self.client.completions)  # type: ignore
        self.assertEqual(self.ask(), "mine")
        self.client.completions.create = replaced.__get__(self.client.completions)  # type: ignore
        self.assertEqual(self.ask(), "mine")
        self.assertEqual((len(seen), self.transport.sent), (2, []))

    def test_arguments_that_may_be_used_up_are_sent_once(self) -> None:
        for failure in (Failure(500), Failure(429, retry_after="1")):
            self.transport.failures = [failure]
            self.transport.sent.clear()
            with self.assertRaises(Failure):
                self.ask(Client(max_retries=0, transport=self.transport), messages=iter([1]))
            self.assertEqual(len(self.transport.sent), 1)

    def test_interrupts_and_cancellation_are_never_retried(self) -> None:
        for failure in (KeyboardInterrupt(), SystemExit(), asyncio.CancelledError()):
            self.assertEqual(self.attempts(failure), 1)
        self.assertEqual(self.rt._pace.in_flight, 0)

    def test_the_log_tells_of_attempts(self) -> None:
        with self.assertLogs("perfmod", "INFO") as logs:
            self.attempts(Failure(500), times=1)
        self.assertIn("asked again", logs.output[0])


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self, slept: list[float]) -> None:
        self.now, self.slept = 1000.0, slept

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1.7e9 + self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.now += seconds


class Pace(Case):
    def setUp(self) -> None:
        super().setUp()
        self.rt = self.again(cache=False)

    def crowd(self, server: "Limited", calls: int, limit: int, is_async: bool) -> None:
        client = Client(transport=server)

        async def work(x: int) -> Any:
            return await self.rt.cached(client.async_completions.create, model="m", x=x)

        if is_async:
            found = asyncio.run(asyncio.wait_for(self.rt.gather(work, range(calls), limit=limit), 20))
        else:
            found = self.rt.gather(lambda x: self.rt.cached(client.completions.create, model="m", x=x), range(calls),
                                   limit=limit)
        self.assertEqual([f["x"] for f in found], list(range(calls)))

    def test_an_episode_pauses_everyone_and_loses_no_call(self) -> None:
        for is_async in (True, False):
            server = Limited(per_period=20, period=0.1)
            self.crowd(server, 100, 40, is_async)
            self.assertEqual(self.rt._pace.in_flight, 0)
            self.assertLess(server.refused, 200)  # each refused call would else come back at once

    def test_the_width_shrinks_once_per_episode_and_grows_while_saturated(self) -> None:
        pace = self.rt._pace
        pace.in_flight = 40
        now = time.monotonic()
        for _ in range(10):
            pace.hold(began=now, delay=0.0)
        self.assertEqual(pace.width, 20)
        pace.hold(began=time.monotonic(), delay=0.0)  # one that began after that
        self.assertEqual(pace.width, 10)
        pace.in_flight = 5
        pace.leave()
        self.assertEqual(pace.width, 10)  # there is room: no reason to grow
        for _ in range(10):
            pace.in_flight = 10
            pace.leave()
        self.assertTrue(10.9 < pace.width < 11.1)
        pace.hold(began=now, delay=30.0)
        pace.in_flight = 11
        pace.leave()
        self.assertTrue(10.9 < pace.width < 11.1)  # not in a pause

    def test_a_width_of_one_still_lets_everyone_through(self) -> None:
        for is_async in (True, False):
            self.rt._pace.width = 1.0
            self.crowd(Limited(per_period=10**6, period=1), 50, 30, is_async)

    def test_cancelled_waiters_give_their_places_back(self) -> None:
        self.rt._pace.width = 2.0
        client = Client()
        client.transport.delay = lambda request: 0.01

        async def main() -> None:
            for delay in (0.0, 0.005, 0.011, 0.015, 0.021):
                calls = [asyncio.ensure_future(self.rt.cached(client.async_completions.create, model="m", x=x))
                         for x in range(8)]
                await asyncio.sleep(delay)
                for call in calls[::2]:
                    call.cancel()
                await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 5)
                self.assertEqual(self.rt._pace.in_flight, 0)

        asyncio.run(main())

    def test_cancelled_in_a_pause(self) -> None:
        client = Client()
        client.transport.failures = [Failure(429, retry_after="30")]

        async def main() -> None:
            calls = [asyncio.ensure_future(self.rt.cached(client.async_completions.create, model="m", x=x))
                     for x in range(5)]
            await asyncio.sleep(0.02)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            self.assertGreaterEqual(sum(call.cancelled() for call in calls), 1)

        asyncio.run(main())
        self.assertEqual(self.rt._pace.in_flight, 0)

    def test_threads_and_event_loops_share_one_pace(self) -> None:
        self.rt._pace.width = 1.0
        server = Limited(per_period=10**6, period=1)
        threads = [threading.Thread(target=self.crowd, args=(server, 20, 5, is_async)) for is_async in (True, False)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        self.assertEqual((server.passed, self.rt._pace.in_flight), (40, 0))

    def test_abandoned_work_makes_no_further_request(self) -> None:
        client = Client(max_retries=0)
        client.transport.failures = [RateLimitError(429, retry_after="0.05")] * 3
        gone = []

        def work(x: int) -> Any:
            while True:  # a hand-written retry, which would go on for ever
                try:
                    return self.rt.cached(client.completions.create, model="m", x=x, p=time.sleep(0.01))
                except Exception:
                    time.sleep(0.01)
                finally:
                    gone.append(x)

        for x, reply in self.rt.ahead(work, range(10), limit=3):
            break
        time.sleep(0.3)
        sent = len(client.transport.sent)
        time.sleep(0.1)
        self.assertEqual(len(client.transport.sent), sent)
        self.assertLessEqual(sent, 6)


class Limited(Transport):
    """So many requests per period; a 429 with Retry-After for the others."""

    def __init__(self, per_period: int, period: float) -> None:
        super().__init__()
        self.per_period, self.period = per_period, period
        self.lock = threading.Lock()
        self.started, self.count, self.passed, self.refused = 0.0, 0, 0, 0
        self.delay = lambda request: 0.002

    def send(self, client: Client, request: dict[str, Any]) -> Any:
        with self.lock:
            now = time.monotonic()
            if now - self.started > self.period:
                self.started, self.count = now, 0
            self.count += 1
            if self.count > self.per_period:
                self.refused += 1
                raise RateLimitError(429, retry_after=str(self.period))
            self.passed += 1
        return {"x": request["x"]}


if __name__ == "__main__":
    unittest.main()
