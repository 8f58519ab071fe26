# perfmod runtime 0.1.0: written into your project by perfmod. Standard library only, Python 3.9 or later.
"""What a program rewritten by perfmod imports: its loop of slow calls, overlapped, in the old order.

    for item, reply in ahead(work, source):      # the calls of later items are under way already
        text = reply.result()                    # `await reply` where `work` is a coroutine function
        print(text)                              # items, results and failures arrive in source order

    results = await gather(work, source)         # the whole list at once
    response = cached(client.chat.completions.create, model=..., messages=...)
    run(main())                                  # asyncio.run, in a notebook too
    options(max_concurrent=50)                   # or PERFMOD_MAX_CONCURRENT=50 in the environment

`cached` answers from `.perfmod/cache/<model>.jsonl` what was answered before, and is the one retry layer.
PERFMOD_CACHE=off asks anew; PERFMOD_QUIET=1 is silent. Nothing here ever writes to stdout.
"""
from __future__ import annotations

import asyncio
import atexit
import base64
import contextlib
import contextvars
import dataclasses
import email.utils
import enum
import errno
import functools
import hashlib
import heapq
import importlib
import inspect
import itertools
import json
import logging
import math
import os
import random
import re
import sys
import threading
import time
import types
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterable, Iterator, Sized
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Generic, TypeVar, cast, overload

try:
    import fcntl
except ImportError:  # Windows: there a record is still one append
    fcntl = None  # type: ignore[assignment]

__version__ = "0.1.0"
__all__ = ["ahead", "gather", "run", "cached", "options"]

T = TypeVar("T")
R = TypeVar("R")
_log = logging.getLogger("perfmod")

# ---------------------------------------------------------------------------------------------------- options


@dataclasses.dataclass(frozen=True)
class _Options:
    max_concurrent: int = 300
    max_samples: int | None = None
    cache_dir: Path = Path()
    cache: bool = True
    clear_cache: bool = False
    quiet: bool = False
    deadline: float = 600.0  # seconds that one call may go on being told 429


_chosen: dict[str, Any] = {}


def options(*, max_concurrent: int | None = None, max_samples: int | None = None,
            cache_dir: str | os.PathLike[str] | None = None, cache: bool | None = None,
            clear_cache: bool | None = None, quiet: bool | None = None) -> _Options:
    """Set what is given (None leaves a setting as it is); return all settings. A call beats PERFMOD_* variables.

    `clear_cache` moves the stored answers aside (`*.bak`), so that this run draws anew.
    """
    given = {name: value for name, value in locals().items() if value is not None}
    _chosen.update({name: _setting(name, name, str(value)) for name, value in given.items()})
    now: dict[str, Any] = {"cache_dir": _project_root() / ".perfmod" / "cache"}
    for field in dataclasses.fields(_Options):
        variable = "PERFMOD_" + field.name.upper()
        if os.environ.get(variable, "").strip():
            now[field.name] = _setting(variable, field.name, os.environ[variable].strip())
    return _Options(**{**now, **_chosen})


def _setting(label: str, name: str, text: str) -> Any:
    expected = "on or off"
    with contextlib.suppress(KeyError, ValueError):
        if name == "cache_dir":
            return Path(text)
        if name.startswith("max_") or name == "deadline":
            expected = "a number of at least 1" if name == "deadline" else "a whole number of at least 1"
            number = float(text) if name == "deadline" else int(text)
            if number < 1:
                raise ValueError
            return number
        return {"on": True, "1": True, "true": True, "off": False, "0": False, "false": False}[text.lower()]
    raise ValueError(f"{label} must be {expected}, not {text!r}")


@functools.lru_cache(maxsize=None)
def _project_root() -> Path:
    here = Path(__file__).resolve()
    if "site-packages" in here.parts:  # installed, not vendored: the project is the program's
        here = Path(getattr(sys.modules.get("__main__"), "__file__", None) or Path.cwd() / "-").resolve()
    marks = (".git", "pyproject.toml", "setup.py")
    return next((folder for folder in here.parents if any((folder / mark).exists() for mark in marks)), here.parent)


def _say(line: str) -> None:
    if not options().quiet:
        with contextlib.suppress(Exception):  # stderr may be closed
            sys.stderr.write(f"perfmod: {line}\n")


_say_once = functools.lru_cache(maxsize=None)(_say)

# ------------------------------------------------------------------------------------------- ahead and gather


class ahead(Generic[T, R]):
    """Iterates `(item, reply)` in source order while `work` is already under way for the items ahead.

    At most `limit` items are worked on at a time; at most `window` (32 * limit) are pulled from the source and not
    yet passed. After a failure nothing behind it starts until the body has seen it, unless `keep_going`. Leaving
    the loop cancels the rest. A coroutine function runs on the running event loop, all else in daemon threads.
    """

    def __init__(self, work: Callable[[T], Coroutine[Any, Any, R] | R], source: Iterable[T], *,
                 limit: int | None = None, window: int | None = None, keep_going: bool = False) -> None:
        now = options()
        self._work: Callable[[T], Any] = work
        self._source, self._samples, self._keep_going = source, now.max_samples, keep_going
        self._limit = now.max_concurrent if limit is None else limit
        self._window = 32 * self._limit if window is None else window
        self._is_async = _is_async(work)
        if self._limit < 1 or self._window < 1:
            raise ValueError("limit and window must be at least 1")

    def __iter__(self) -> Iterator[tuple[T, _Reply[R]]]:
        return (_LoopLine(self) if self._is_async else _ThreadLine(self)).pairs()

    def __len__(self) -> int:
        length = len(cast(Sized, self._source))
        return length if self._samples is None else min(length, self._samples)


@overload
def gather(work: Callable[[T], Coroutine[Any, Any, R]], source: Iterable[T], *,  # type: ignore[overload-overlap]
           limit: int | None = None) -> Coroutine[Any, Any, list[R]]: ...
@overload
def gather(work: Callable[[T], R], source: Iterable[T], *, limit: int | None = None) -> list[R]: ...
def gather(work: Callable[[T], Any], source: Iterable[T], *, limit: int | None = None) -> Any:
    """The results in source order: a list, or an awaitable of one where `work` is a coroutine function."""
    pairs = ahead(work, source, limit=limit)

    async def replies() -> list[Any]:
        return [await reply for _, reply in pairs]

    return replies() if _is_async(work) else [reply.result() for _, reply in pairs]


def _is_async(call: Any) -> bool:
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(getattr(call, "__call__", None))


class _Item:
    """Who asks, as cache keys see it. Identity: the item's content, and how many equal ones precede it."""

    def __init__(self, identity: str) -> None:
        self.identity, self.dropped = identity, False
        self.slots: list[str] = []  # see _Ordinals


_current: contextvars.ContextVar[_Item | None] = contextvars.ContextVar("perfmod_item", default=None)


class _Abandoned(BaseException):
    """Ends work whose loop was left; no `except Exception` of the program catches it."""


class _Reply(Generic[R]):
    """What stands where the call stood: `await reply` (event loop), `reply.result()` (threads)."""

    def __init__(self, line: _Line[Any, R], index: int, item: Any, who: _Item) -> None:
        self._line, self._index, self._item, self._who = line, index, item, who
        self._context = contextvars.copy_context()
        self._context.run(_current.set, who)
        self._state = "waiting"  # "running", "done"; "dropped" where the loop moved on without it
        self._value: Any = None
        self._error: BaseException | None = None
        self._bell: Any = None

    def result(self) -> R:
        while (bell := self._line.bell_for(self)) is not None:
            while os.name == "nt" and not bell.done():
                time.sleep(0.005)  # where a wait would hold up Ctrl-C
            bell.result()
        return self._line.deliver(self)

    async def _awaited(self) -> R:
        await asyncio.sleep(0)  # the others' turn, where all answers are there already
        while (bell := self._line.bell_for(self)) is not None:
            await bell
        return self._line.deliver(self)

    def __await__(self) -> Generator[Any, None, R]:
        return self._awaited().__await__()


class _Line(Generic[T, R]):
    """The items between the source of one loop and its body.

    The body's thread alone pulls from the source and moves on; workers take what may `start` and `finish` it. A
    bell is a future: the body waits for that of its reply, an idle worker for one that brings it a reply.
    """

    def __init__(self, loop: ahead[T, R], lock: Any, new_bell: Callable[[], Any]) -> None:
        self.loop, self.lock, self.new_bell = loop, lock, new_bell
        self.source = itertools.islice(loop._source, loop._samples)
        self.source_error: Exception | None = None
        self.exhausted = self.closed = False
        self.unread: deque[_Reply[R]] = deque()  # pulled and not passed, in source order
        self.ready: list[tuple[int, _Reply[R]]] = []  # a heap: the earliest starts first
        self.later: dict[int, deque[_Reply[R]]] = {}  # id of a mutable unread item: where it occurs again
        self.failed: set[int] = set()  # failures that the body has not seen yet
        self.parent = _current.get()
        self.equals: dict[str, int] = {}
        self.pulled, self.workers, self.limit = 0, 0, loop._limit
        self.idle: deque[Any] = deque()

    def pairs(self) -> Iterator[tuple[T, _Reply[R]]]:
        bar = _progress_bar(self.loop)
        try:
            while self.fill():
                yield self.unread[0]._item, self.unread[0]
                self.move_on()
                if bar is not None:
                    bar.update()
            if self.source_error is not None:
                raise self.source_error
        finally:  # at the end, or where the body leaves: break, return, an exception, Ctrl-C
            self.close()
            if bar is not None:
                bar.close()

    def fill(self) -> bool:
        patience = time.monotonic() + 0.1  # a slow source does not hold up what is there already
        while not (self.exhausted or self.failed) and len(self.unread) < self.loop._window:
            try:
                self.dispatch(next(self.source))
            except StopIteration:
                self.exhausted = True
            except Exception as error:  # it surfaces behind the items before it
                self.source_error, self.exhausted = error, True
            if time.monotonic() > patience:
                break
        return bool(self.unread)

    def dispatch(self, item: T) -> None:
        content = _digest(self.parent.identity if self.parent else "", _canonical(item) or f"#{self.pulled}")
        self.equals[content] = self.equals.get(content, 0) + 1
        reply = _Reply(self, self.pulled, item, _Item(f"{content}{self.equals[content]}"))
        self.pulled += 1
        with self.lock:
            self.unread.append(reply)
            if id(item) in self.later:
                self.later[id(item)].append(reply)  # the same object again: one at a time
                return
            if _is_mutable(item):
                self.later[id(item)] = deque()
            heapq.heappush(self.ready, (reply._index, reply))
            self.start()

    def move_on(self) -> None:
        with self.lock:
            reply = self.unread.popleft()
            self.failed.discard(reply._index)
            if reply._state == "waiting":  # the body did not want it
                reply._state = "dropped"
                heapq.heappop(self.ready)
            again = self.later.pop(id(reply._item), None)
            if again:
                self.later[id(reply._item)] = again
                heapq.heappush(self.ready, (again[0]._index, again.popleft()))
            self.start()

    def bell_for(self, reply: _Reply[R]) -> Any:
        with self.lock:
            if reply._state == "done":
                return None
            if reply._state == "dropped":
                raise RuntimeError("the loop that this reply belongs to has moved on without it")
            if reply._bell is None or reply._bell.done():
                reply._bell = self.new_bell()
            self.start()
            return reply._bell

    def deliver(self, reply: _Reply[R]) -> R:
        if reply._error is None:
            return cast(R, reply._value)
        with self.lock:
            self.failed.discard(reply._index)
            self.start()
        raise reply._error

    def close(self) -> None:
        with self.lock:
            self.closed = True
            for place, reply in enumerate(self.unread):
                if place or reply._state != "done":  # else the body was busy with it
                    reply._who.dropped = True
                    _ordinals.forget(reply._who)
                if reply._state != "done":
                    reply._state = "dropped"
                    _ring(reply._bell)
            self.unread.clear()
            for bell in self.idle:
                _ring(bell)

    def is_held_up(self) -> bool:
        """Nothing starts behind a failure that the body has not seen."""
        return self.closed or not self.ready or bool(self.failed and self.ready[0][0] > min(self.failed))

    def start(self) -> None:
        """Hand out what may start: to idle workers, then to as many new ones as the limit allows."""
        while not self.is_held_up():
            while self.idle and self.idle[0].done():
                self.idle.popleft()  # someone else has cancelled it
            if self.idle:
                self.idle.popleft().set_result(self.take())
            elif self.workers < self.limit:
                self.workers += 1
                self.hire(self.take())
            else:
                return

    def take(self) -> _Reply[R]:
        reply = heapq.heappop(self.ready)[1]
        reply._state = "running"
        return reply

    def next(self) -> Any:
        """For a worker: a bell that brings its next reply, or None to go home."""
        with self.lock:
            bell = self.new_bell()
            if self.closed or not self.is_held_up():
                bell.set_result(None if self.closed else self.take())
            else:
                self.idle.append(bell)
            return bell

    def finish(self, reply: _Reply[R], value: Any, error: BaseException | None) -> None:
        with self.lock:
            if reply._state == "running":  # else the loop was left
                cancelled = self.closed and isinstance(error, asyncio.CancelledError)
                reply._state, reply._value, reply._error = "dropped" if cancelled else "done", value, error
                unseen = bool(self.unread) and reply._index >= self.unread[0]._index
                if error is not None and unseen and not self.loop._keep_going:
                    self.failed.add(reply._index)
                _ring(reply._bell)

    def hire(self, reply: _Reply[R]) -> None:
        raise NotImplementedError


def _ring(bell: Any) -> None:
    if bell is not None and not bell.done():
        bell.set_result(None)


class _ThreadLine(_Line[T, R]):
    """Our own daemon threads: the standard pool holds up the process's exit until its calls end."""

    def __init__(self, loop: ahead[T, R]) -> None:
        super().__init__(loop, threading.RLock(), Future)  # re-entrant: the collector may close a generator any time

    def hire(self, reply: _Reply[R]) -> None:
        try:
            threading.Thread(target=self.work, args=(reply,), name="perfmod", daemon=True).start()
        except RuntimeError as error:  # the system has no more threads
            self.limit = self.workers = self.workers - 1
            if self.workers == 0:
                self.finish(reply, None, error)
            else:
                reply._state = "waiting"
                heapq.heappush(self.ready, (reply._index, reply))

    def work(self, reply: _Reply[R] | None) -> None:
        while reply is not None:
            value = error = None
            try:
                value = reply._context.run(self.loop._work, reply._item)
            except BaseException as caught:
                error = caught
            self.finish(reply, value, error)
            del value, error
            reply = self.next().result()


class _LoopLine(_Line[T, R]):
    """A few tasks on the running event loop. All in one thread: there is nothing to lock."""

    def __init__(self, loop: ahead[T, R]) -> None:
        self.event_loop = asyncio.get_running_loop()
        super().__init__(loop, contextlib.nullcontext(), self.event_loop.create_future)
        self.tasks: set[asyncio.Task[None]] = set()

    def hire(self, reply: _Reply[R]) -> None:
        task = self.event_loop.create_task(self.work(reply))
        self.tasks.add(task)
        task.add_done_callback(self.leave)

    def leave(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        self.workers -= 1
        if not task.cancelled():
            task.exception()  # it was delivered: no "never retrieved" at exit

    def close(self) -> None:
        super().close()
        for task in self.tasks:
            task.cancel()

    async def work(self, reply: _Reply[R] | None) -> None:
        while reply is not None:
            value = error = None
            try:
                value = await _within(reply._context, self.loop._work(reply._item))
            except BaseException as caught:
                error = caught
            self.finish(reply, value, error)
            if isinstance(error, (KeyboardInterrupt, GeneratorExit)):
                raise error
            if isinstance(error, asyncio.CancelledError):  # of this task? else it is its item's own affair
                if self.closed or getattr(asyncio.current_task(), "cancelling", lambda: 1)():
                    raise error
            del value, error
            await asyncio.sleep(0)  # the body's turn, where work never has to wait
            reply = await self.next()


@types.coroutine
def _within(context: contextvars.Context, work: Coroutine[Any, Any, R]) -> Generator[Any, Any, R]:
    """Await `work` in a context of its own, as a task of its own would."""
    resume: Callable[[Any], Any] = work.send
    sent: Any = None
    while True:
        try:
            awaited = context.run(resume, sent)
        except StopIteration as stop:
            return cast(R, stop.value)
        try:
            resume, sent = work.send, (yield awaited)
        except BaseException as error:
            resume, sent = work.throw, error


def _is_mutable(item: object) -> bool:
    if isinstance(item, tuple):
        return any(map(_is_mutable, item))
    return item is not None and not isinstance(item, (str, int, float, bytes))


def _progress_bar(loop: ahead[Any, Any]) -> Any:
    """A tqdm bar where stderr is a terminal, unless the program has wrapped one around the loop."""
    with contextlib.suppress(Exception):  # no tqdm, or not as we know it
        tqdm = importlib.import_module("tqdm").tqdm if sys.stderr.isatty() and not options().quiet else None
        if tqdm and not any(getattr(bar, "iterable", None) is loop for bar in list(getattr(tqdm, "_instances", ()))):
            return tqdm(total=len(loop) if hasattr(loop._source, "__len__") else None, disable=None)
    return None


# ------------------------------------------------------------------------------------------------------- run

_clients: dict[Any, list[Any]] = {}  # per loop of `run`: the async clients that `cached` saw
_side_loops: weakref.WeakKeyDictionary[Any, asyncio.AbstractEventLoop] = weakref.WeakKeyDictionary()


def run(coro: Coroutine[Any, Any, R]) -> R:
    """`asyncio.run`; where a loop is running already (a notebook), on one loop in a thread beside it, which stays."""
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_closing_clients(coro))
    if running not in _side_loops:
        _side_loops[running] = asyncio.new_event_loop()
        threading.Thread(target=_side_loops[running].run_forever, name="perfmod-loop", daemon=True).start()
    result = asyncio.run_coroutine_threadsafe(coro, _side_loops[running])
    try:
        return result.result()
    except BaseException:
        result.cancel()  # Ctrl-C stops the work as well
        raise


async def _closing_clients(coro: Coroutine[Any, Any, R]) -> R:
    """Close async clients while their loop is still there: later their connections complain that it is gone."""
    clients = _clients[asyncio.get_running_loop()] = []
    try:
        return await coro
    finally:
        del _clients[asyncio.get_running_loop()]
        for client in clients:
            with contextlib.suppress(Exception):
                closing = (client.close if hasattr(client, "close") else client.aclose)()
                if inspect.isawaitable(closing):
                    await closing


# ---------------------------------------------------------------------------------------------------- cached


def cached(call: Callable[..., R], /, *args: Any, **kwargs: Any) -> R:
    """`call(*args, **kwargs)`: from the cache where this very draw was made before, else asked, with retries.

    Await it where the call itself would be awaited.
    """
    now, who = options(), _current.get()
    _stats.begin()
    request = _Request(call, args, kwargs)
    if now.cache and request.not_cached:
        _say_once(f"not cached: {request.not_cached}")
    elif now.cache:
        request.store = _store(now, request.model)
        request.draw = _ordinals.draw(request.text, who)
        found = request.store.get(request.draw[0])
        if found is not None:
            _stats.hits += 1
            if request.is_sampled:
                _say_once(f"answers come from the cache at {now.cache_dir}; to draw anew: PERFMOD_CACHE=off, "
                          "or options(clear_cache=True)")
            return cast(R, _ready(found[0]) if request.is_async or found[1] else found[0])
    course = _ask(request, who, time.monotonic() + now.deadline)
    if request.is_async:
        return cast(R, course)
    try:
        course.send(None)  # in a synchronous call nothing in it suspends
    except StopIteration as stop:
        return cast(R, stop.value)
    return cast(R, _within(contextvars.copy_context(), course))  # asynchronous after all: the caller awaits the rest


async def _ready(answer: R) -> R:
    return answer


@types.coroutine
def _suspend() -> Generator[None, None, None]:
    yield


async def _ask(request: _Request, who: _Item | None, deadline: float) -> Any:
    """Ask until there is an answer, or a failure for the program's own `except` to see."""
    transient = limited = 0
    kept = False
    _stats.requests += 1
    try:
        while True:
            try:
                async with _pace.place(request) as began:
                    if who is not None and who.dropped:
                        raise _Abandoned
                    answer = request.call(*request.args, **request.kwargs)
                    if inspect.isawaitable(answer):
                        if not request.is_async:
                            request.is_async = request.was_awaited = True
                            await _suspend()
                        request.note_client()
                        answer = await answer
            except Exception as error:
                delay, is_limited = _retry_after(error), _is_rate_limit(error)
                if is_limited:  # bounded by the deadline only
                    delay = delay or min(30.0, 0.5 * 2**limited) * (0.5 + random.random() / 2)
                    limited += 1
                elif transient < request.budget and _is_transient(error):
                    delay = delay or random.random() * min(8.0, 0.5 * 2**transient)
                    transient += 1
                if not delay or not request.is_repeatable or time.monotonic() + delay > deadline:
                    raise
                _log.info("%s: asked again in %.1f s", type(error).__name__, delay)
                _stats.retries += 1
            else:
                _pace.speed_up()
                kept = _keep(request, who, answer)
                return answer
            if is_limited:
                _pace.hold(began, delay)
            else:
                await request.wait(delay)
    finally:
        if request.draw is not None and not kept:
            _ordinals.give_back(request.draw)
        _stats.last = time.monotonic()


class _Request:
    """One call, understood: what is asked, of whom, and how often its own client would have asked."""

    def __init__(self, call: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        while isinstance(call, functools.partial):
            call, args, kwargs = call.func, call.args + args, {**call.keywords, **kwargs}
        owner = getattr(call, "__self__", None)
        client = getattr(owner, "_client", None) if not isinstance(owner, type) else None
        if not (hasattr(client, "with_options") and hasattr(client, "max_retries")):
            client = None  # else an SDK in the manner of openai (from 1.0) and anthropic
        self.call, self.args, self.kwargs, self.client, self.budget = call, args, kwargs, client, 0
        self.is_async = _is_async(call) or (client is not None and _is_async(inspect.unwrap(call)))
        self.was_awaited = False
        self.store: _Store | None = None
        self.draw: tuple[str, str, int] | None = None
        endpoint, package = _endpoint(call, owner)
        self.is_sampled = kwargs.get("temperature") != 0 and "embed" not in endpoint.lower()
        self.model = str(kwargs.get("model") or kwargs.get("engine") or kwargs.get("deployment_id") or endpoint)
        asked = _canonical([args, {name: value for name, value in kwargs.items() if _is_sent(name, value)}])
        where = _canonical(_whereabouts(owner, client, package))
        self.text = f"perfmod 1 {endpoint} {where} {asked}"
        self.is_repeatable = asked is not None  # else an open file, perhaps, that is empty the second time
        self.not_cached = f"an argument of {endpoint} is not plain data" if asked is None else ""
        if where is None or "<" in endpoint:  # a lambda, a local function, an object that does not show its state
            self.not_cached = f"what {endpoint} answers may depend on more than its arguments"
        if client is not None and self.is_repeatable:
            with contextlib.suppress(Exception):  # a client of its own kind keeps its own retries
                kind: Any = type(owner)
                method = getattr(kind(_without_retries(client)), call.__name__)
                if getattr(kind, call.__name__) is call.__func__:
                    self.call, self.budget = method, int(client.max_retries)

    def note_client(self) -> None:
        clients = _clients.get(asyncio.get_running_loop())
        if clients is not None and self.client is not None and self.client not in clients:
            clients.append(self.client)

    async def wait(self, until: float | Future[None]) -> None:
        if isinstance(until, Future):
            await asyncio.wrap_future(until) if self.is_async else until.result()
        elif self.is_async:
            await asyncio.sleep(until)
        else:
            time.sleep(until)


_UNSENT = {"api_key", "timeout", "request_timeout", "extra_headers", "headers", "default_headers", "max_retries",
           "organization", "request_id", "token", "access_token", "password", "secret"}


def _is_sent(name: str, value: Any) -> bool:
    return name.strip("_") not in _UNSENT and type(value).__name__ not in ("NotGiven", "Omit")


def _endpoint(call: Any, owner: Any) -> tuple[str, Any]:
    """Package, class and method, one name for sync and async twins (`AsyncX.create`, `acreate`); and the package."""
    name = getattr(call, "__name__", type(call).__name__)
    holder: Any = owner if isinstance(owner, type) else type(owner)
    module, label = holder.__module__, holder.__name__.replace("Async", "", 1) + "."
    if owner is None or inspect.ismodule(owner):
        module = getattr(call, "__module__", None) or ""
        holder, label = sys.modules.get(module), getattr(call, "__qualname__", name)[: -len(name)]
    name = name[1:] if name.startswith("a") and hasattr(holder, name[1:]) else name
    package = module.partition(".")[0]
    return f"{package}.{label}{name}", sys.modules.get(package)


def _whereabouts(owner: Any, client: Any, package: Any) -> Any:
    """What else an answer depends on: the SDK's major version, the server, the state of the object that is asked."""
    major = str(getattr(package, "__version__", "")).partition(".")[0]
    if client is not None:
        return [major, str(getattr(client, "base_url", "")), getattr(client, "default_query", None)]
    if owner is None or inspect.ismodule(owner) or isinstance(owner, type):
        return [major, *(str(getattr(package, name, None)) for name in ("api_base", "api_type", "api_version"))]
    state = {name: value for name, value in getattr(owner, "__dict__", {"": object}).items()
             if _is_sent(name, value) and not re.search("client|session|transport", name)}
    return [major, str(getattr(owner, "base_url", "")), state]


_copies: weakref.WeakKeyDictionary[Any, tuple[Any, Any]] = weakref.WeakKeyDictionary()


def _without_retries(client: Any) -> Any:
    """The client without its own retries: layers of them multiply, so there is one, ours."""
    state = (client.api_key, str(client.base_url), client.timeout)
    known = _copies.get(client)
    if known is None or known[0] != state:
        known = _copies[client] = (state, client.with_options(max_retries=0))
    return known[1]


class _Pace:
    """How fast all cached calls of this process go together: one pause, and a width that shrinks and recovers."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.width = math.inf
        self.in_flight = 0
        self.paused_until = self.shrunk_at = 0.0
        self.queue: deque[Future[None]] = deque()

    @contextlib.asynccontextmanager
    async def place(self, request: _Request) -> AsyncIterator[float]:
        """A place among those in flight, once the pause is over. Yields the time."""
        with self.lock:
            ticket: Future[None] = Future()
            self.queue.append(ticket)
            self.admit()
        try:
            if not ticket.done():
                await request.wait(ticket)
            while (left := self.paused_until - time.monotonic()) > 0:
                await request.wait(left + random.random() * min(1.0, 0.1 * left + 0.02))  # not all at one instant
            yield time.monotonic()
        finally:
            with self.lock:
                if not ticket.cancel():  # it had been granted
                    self.in_flight -= 1
                self.admit()

    def admit(self) -> None:
        while self.queue and self.in_flight < self.width:
            ticket = self.queue.popleft()
            if ticket.set_running_or_notify_cancel():
                self.in_flight += 1
                ticket.set_result(None)

    def hold(self, began: float, delay: float) -> None:
        """After a 429 everyone pauses; the first of an episode halves the width."""
        with self.lock:
            now = time.monotonic()
            self.paused_until = max(self.paused_until, now + delay)
            if began >= self.shrunk_at:
                self.width = max(1.0, min(self.width, self.in_flight + 1) / 2)
                self.shrunk_at = now

    def speed_up(self) -> None:
        with self.lock:
            if self.queue:  # saturated: one more per round of answers, at least 5%
                self.width += max(1 / self.width, 0.05)
                self.admit()


_pace = _Pace()


def _header(error: Exception, name: str) -> str | None:
    headers = getattr(getattr(error, "response", None), "headers", None) or getattr(error, "headers", None) or {}
    with contextlib.suppress(Exception):
        return next((str(value) for key, value in headers.items() if str(key).lower() == name), None)
    return None


def _retry_after(error: Exception) -> float | None:
    """Seconds that the server asks for; None where it says nothing usable."""
    seconds = 0.0
    text = _header(error, "retry-after") or ""
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
    with contextlib.suppress(ValueError):
        seconds = float(text)
    with contextlib.suppress(ValueError, TypeError):
        seconds = float(cast(str, _header(error, "retry-after-ms"))) / 1000
    return seconds if 0 < seconds < math.inf else None


def _status(error: Exception) -> Any:
    return getattr(error, "status_code", None) or getattr(error, "http_status", None)


def _is_rate_limit(error: Exception) -> bool:
    if _status(error) != 429 and (_status(error) or type(error).__name__ != "RateLimitError"):
        return False
    body = str(getattr(error, "body", None) or getattr(error, "json_body", None))
    return "insufficient_quota" not in body and _header(error, "x-should-retry") != "false"


def _is_transient(error: Exception) -> bool:
    told, status = _header(error, "x-should-retry"), _status(error)
    if told in ("true", "false"):
        return told == "true"
    if isinstance(status, int):
        return status in (408, 409) or status >= 500
    return any(cls.__name__ == "APIConnectionError" for cls in type(error).__mro__)  # time-outs among them


# -- keys


def _canonical(value: Any) -> str | None:
    """The one JSON text of `value` (1, 1.0 and True differ, key order does not); None where it has none."""
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain)
    except Exception:
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, type):  # a pydantic class as response format
        schema = value.model_json_schema if hasattr(value, "model_json_schema") else cast(Any, value).schema
        return [value.__name__, schema()]
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (bytes, bytearray)):
        return {"base64": base64.b64encode(value).decode()}
    return _dump(value)


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\n".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class _Ordinals:
    """Numbers identical requests, item by item: the n-th draw of an item is its own, whenever it is answered."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.counts: dict[str, int] = {}

    def draw(self, request: str, who: _Item | None) -> tuple[str, str, int]:
        slot = _digest(who.identity if who else "", request)
        with self.lock:
            number = self.counts.get(slot, 0)
            self.counts[slot] = number + 1
            if who is not None:
                who.slots.append(slot)
        return _digest(slot, str(number)), slot, number

    def give_back(self, draw: tuple[str, str, int]) -> None:
        """Nothing of it is kept: to ask again is the same draw, so that a second run finds its answer at once."""
        _, slot, number = draw
        with self.lock:
            if self.counts.get(slot) == number + 1:
                self.counts[slot] = number

    def forget(self, who: _Item) -> None:
        """The loop was left before this item: for the program it never was."""
        with self.lock:
            for slot in who.slots:
                self.counts[slot] = max(0, self.counts[slot] - 1)
            who.slots.clear()


_ordinals = _Ordinals()


# -- answers, as they are stored


def _is_model(value: Any) -> bool:
    return hasattr(value, "__pydantic_fields_set__") or hasattr(value, "__fields_set__")


def _dump(model: Any) -> Any:
    if hasattr(model, "__pydantic_fields_set__"):
        return model.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
    if hasattr(model, "__fields_set__"):  # pydantic 1
        return json.loads(model.json(by_alias=True, exclude_unset=True))
    raise TypeError


def _is_plain(value: Any) -> bool:
    if type(value) is dict:
        return all(type(key) is str for key in value) and _is_plain(list(value.values()))
    return all(map(_is_plain, value)) if type(value) is list else type(value) in (str, int, float, bool, type(None))


def _freeze(value: Any) -> dict[str, Any] | None:
    """The answer as plain JSON of which `_thaw` makes an equal one of the same type; None where it does not."""
    cls = type(value)
    record: dict[str, Any] = {"class": f"{cls.__module__}:{cls.__qualname__}"}
    try:
        if _is_plain(value):
            return {"data": value} if value == value else None  # NaN
        record["data"] = value.to_dict_recursive() if hasattr(value, "to_dict_recursive") else _dump(value)
        aside = {name: getattr(value, name, None) for name in ("_request_id", "_response_ms")}
        record["aside"] = {name: told for name, told in aside.items() if told is not None}
        again = _thaw(json.loads(json.dumps(record)))
        equal = type(again) is cls and again == value and (not _is_model(value) or _dump(again) == record["data"])
        return record if equal else None
    except Exception:
        return None


def _thaw(record: dict[str, Any]) -> Any:
    if "class" not in record:
        return record["data"]
    answer = _builder(record["class"])(record["data"])
    for name, value in record["aside"].items():
        setattr(answer, name, value)
    return answer


@functools.lru_cache(maxsize=None)
def _builder(path: str) -> Callable[[Any], Any]:
    """What builds answers of a class: only a model's, of a package that the program itself has imported."""
    module, _, qualname = path.partition(":")
    package = module.partition(".")[0]
    if package == "__main__" or package not in sys.modules:
        raise LookupError(path)
    cls: Any = functools.reduce(getattr, qualname.split("."), importlib.import_module(module))
    if hasattr(cls, "to_dict_recursive"):  # openai before 1.0
        return cast(Callable[[Any], Any], importlib.import_module("openai.util").convert_to_openai_object)
    if not any(base.__module__.startswith("pydantic.") for base in cls.__mro__):
        raise LookupError(path)
    if not getattr(cls.construct, "__module__", "").startswith("pydantic"):  # the SDK's own: recursive and lenient
        return lambda data: cls.construct(**data)
    return cast(Callable[[Any], Any], getattr(cls, "model_validate", None) or cls.parse_obj)


def _is_worth_keeping(data: Any, kwargs: dict[str, Any]) -> bool:
    """Not what is empty, filtered, or cut off where the request had not set a limit."""
    bounded = any(kwargs.get(name) for name in ("max_tokens", "max_completion_tokens", "max_output_tokens"))
    if not isinstance(data, dict) or "choices" not in data:
        answer = data if isinstance(data, dict) else {}
        whole = answer.get("status") not in ("failed", "cancelled", "incomplete") or bounded
        return whole and answer.get("content", True) not in ("", [])
    for choice in data["choices"] or [{}]:
        said, reason = choice.get("message", choice), choice.get("finish_reason")
        if reason == "content_filter" or (reason == "length" and not bounded):
            return False
        if not any(said.get(name) for name in ("content", "text", "tool_calls", "function_call")):
            return False
    return True


def _keep(request: _Request, who: _Item | None, answer: Any) -> bool:
    """Store the answer if it can and should be; whether it was."""
    if request.store is None or request.draw is None:
        return False
    record = _freeze(answer)
    if record is None:
        _say_once(f"not cached: {request.model} answers with {type(answer).__name__}, which is not plain data")
        return False
    if who is not None and who.dropped and request.draw[0] in request.store.offsets():
        return False  # too late: the program has asked again
    record.update({"awaited": True} if request.was_awaited else {})
    return _is_worth_keeping(record["data"], request.kwargs) and request.store.put(request.draw[0], record)


_HEAD, _MIDDLE = b'{"key":"', b'","response":'


class _Store:
    """The answers of one model, one a line: `{"key":"<32 hex>","response":{...}}`. The last of a key wins.

    Loading slices out the keys; a line is parsed when it is asked for. The file is opened for each access, as other
    processes may use it too, and is never truncated.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self.index: dict[str, int] | None = None

    def offsets(self) -> dict[str, int]:
        with self.lock:
            if self.index is None:
                self.index = {}
                try:
                    self.load(self.index)
                except FileNotFoundError:
                    pass
                except OSError as error:
                    _say_once(f"the cache at {self.path.parent} cannot be read ({error.strerror})")
            return self.index

    def load(self, index: dict[str, int]) -> None:
        bad = offset = 0
        with open(self.path, "rb") as lines:
            for line in lines:
                if line.startswith(_HEAD) and line[40:53] == _MIDDLE and line.rstrip().endswith(b"}"):
                    index[line[8:40].decode("latin-1")] = offset
                else:
                    bad += 1
                offset += len(line)
        if bad:
            _say(f"skipped {bad} damaged line{'s' * (bad > 1)} of {self.path}")

    def get(self, key: str) -> tuple[Any, bool] | None:
        offset = self.offsets().get(key)
        if offset is not None:
            try:
                with open(self.path, "rb") as lines:
                    lines.seek(offset)
                    line = json.loads(lines.readline())
                if line["key"] == key:
                    return _thaw(line["response"]), "awaited" in line["response"]
            except Exception as error:  # torn, replaced, or of an SDK that is not here: ask again
                _log.info("a stored answer in %s is of no use: %r", self.path, error)
        return None

    def put(self, key: str, response: dict[str, Any]) -> bool:
        line = _HEAD + key.encode() + _MIDDLE + json.dumps(response, separators=(",", ":")).encode() + b"}\n"
        try:
            offset = self.append(line)
        except OSError as error:
            _say_once(f"the cache at {self.path.parent} cannot be written ({error.strerror}); answers are not kept")
            return False
        with self.lock:
            self.offsets()[key] = offset
        return True

    def append(self, line: bytes) -> int:
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
            end = os.lseek(file, 0, os.SEEK_END)
            if end and os.lseek(file, -1, os.SEEK_END) and os.read(file, 1) != b"\n":
                line, end = b"\n" + line, end + 1  # someone was stopped in the middle of a line
            if os.write(file, line) != len(line):
                raise OSError(errno.ENOSPC, "the disk is full")
            return end
        finally:
            os.close(file)  # and with it the lock


_stores: dict[Path, _Store] = {}
_cleared: set[Path] = set()
_stores_lock = threading.RLock()


def _store(now: _Options, model: str) -> _Store:
    folder = now.cache_dir
    path = folder / (re.sub(r"[^A-Za-z0-9._-]+", "_", model).lstrip(".")[:100] + ".jsonl")
    with _stores_lock:
        if path not in _stores or (now.clear_cache and folder not in _cleared):
            with contextlib.suppress(OSError):  # it is said when the first answer cannot be written
                if not folder.exists():
                    folder.mkdir(parents=True)
                    (folder / ".gitignore").write_text("*\n")  # prompts are private
                if now.clear_cache and folder not in _cleared:
                    _move_aside(folder)
            _stores[path] = _Store(path)
        return _stores[path]


def _move_aside(folder: Path) -> None:
    _cleared.add(folder)
    _stores.clear()
    for path in folder.glob("*.jsonl"):
        spare = (path.with_name(f"{path.name}.bak{number or ''}") for number in itertools.count())
        path.rename(next(target for target in spare if not target.exists()))
    _say(f"stored answers of {folder} moved aside (*.bak)")


class _Stats:
    """What the last line tells."""

    def __init__(self) -> None:
        self.requests = self.hits = self.retries = 0
        self.first = self.last = 0.0

    def begin(self) -> None:
        if not self.first:
            self.first = time.monotonic()
            atexit.register(self.report)
        self.last = time.monotonic()

    def report(self) -> None:
        calls = self.requests + self.hits
        _say(f"{self.requests} requests, {self.hits} answers from the cache ({100 * self.hits // max(calls, 1)}%), "
             f"{self.retries} retries, {calls / max(self.last - self.first, 0.001):.1f} calls/s")


_stats = _Stats()
