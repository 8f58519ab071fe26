# perfmod runtime 0.1.0: written into your project by perfmod. Standard library only, Python 3.9 or later.
# flake8: noqa
"""What a program rewritten by perfmod imports: its loop of slow calls, overlapped, in the old order.

    for item, reply in ahead(work, source):      # the calls of later items are under way already
        text = reply.result()                    # `await reply` where `work` is a coroutine function
    for item in ahead.calls(guess, source):      # a body that makes its calls itself, by `cached`: `guess` has made them
    results = await gather(work, source)         # the whole list at once
    response = cached(client.chat.completions.create, model=..., messages=...)
    run(main())                                  # asyncio.run, in a notebook too
    options(max_concurrent=50)                   # or PERFMOD_MAX_CONCURRENT=50 in the environment

`cached` answers from `.perfmod/cache/<model>.jsonl` what was answered before, and is the one retry layer.
`cached.once`, inside a retry of the program's own, asks once; `cached.live` retries and keeps nothing; `plain`: neither.
PERFMOD_CACHE=off asks anew; PERFMOD_QUIET=1 is silent. What work prints comes out when its reply is read.
"""
from __future__ import annotations

import array, asyncio, atexit, bisect, contextlib, contextvars, copy, dataclasses, email.utils, enum, functools, gc, hashlib
import heapq, importlib, inspect, io, itertools, json, logging, operator, os, pickle, queue, random, re, sys, threading, time
import types, weakref
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator, Sized
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Generic, TypeVar, cast, overload

__version__ = "0.1.0"
__all__ = ["ahead", "gather", "run", "cached", "options"]
T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S")
_current: contextvars.ContextVar[_Reply[Any] | None] = contextvars.ContextVar("perfmod_reply", default=None)
_bodies: dict[int, _Reply[Any] | None] = {}  # of `ahead.calls`: by the frame that runs the body
_chosen: dict[str, Any] = {}  # by calls of `options`
_clients: dict[Any, dict[int, Any]] = {}  # per event loop of `run`: the async clients that `cached` saw
_twins: weakref.WeakKeyDictionary[Any, dict[Any, _Twin]] = weakref.WeakKeyDictionary()  # by client and event loop
_transports: dict[Any, list[Any]] = {}  # per event loop: those that twins have made
_side_loops: weakref.WeakKeyDictionary[Any, asyncio.AbstractEventLoop] = weakref.WeakKeyDictionary()
_lock = threading.RLock()  # of the following, and of the files
# How often an item has made a request; requests, hits, retries; how often a loop with a checkpoint was begun.
_drawn, _stats, _runs = Counter[str](), Counter[str](), Counter[str]()
_pace = types.SimpleNamespace(width=float("inf"), in_flight=0, paused_until=0.0, shrunk_at=0.0, streak=0)
_starts: dict[Any, float] = {}  # by the code of paced work: when it may start next
_stores: dict[Path, _Store] = {}
_cleared, _said = set[Path](), set[str]()  # folders whose answers were moved aside; lines
_HEAD, _MIDDLE = b'{"key":"', b'","response":'
_SWITCH = {"on": True, "1": True, "true": True, "off": False, "0": False, "false": False}
# What requests, urllib3, http.client, httpx, aiohttp, botocore and Python raise where a connection is not made, cut or
# silent; and what derives from such a class but stays.
_CUT = set("ConnectionError Timeout ChunkedEncodingError ProtocolError ConnectTimeoutError NewConnectionError timeout "
           "ReadTimeoutError IncompleteRead BadStatusLine TimeoutException NetworkError RemoteProtocolError gaierror "
           "ClientConnectionError ClientPayloadError ConnectionClosedError TimeoutError".split())
_NOT_CUT = {"SSLError", "ClientSSLError", "CertificateError", "LocalProtocolError", "UnsupportedProtocol"}
_fcntl: Any = importlib.import_module("fcntl") if os.name == "posix" else None
_orjson: Any = None  # reads the cache where it is installed: half the time of `json`
with contextlib.suppress(ImportError):
    _orjson = importlib.import_module("orjson")
_LONG, _log, _dice = re.compile(rb"[0-9]{19}"), logging.getLogger("perfmod"), random.Random()

@dataclasses.dataclass(frozen=True)
class _Options:
    max_concurrent: int = 300
    max_samples: int | None = None
    cache_dir: Path = Path()
    cache: bool = True
    clear_cache: bool = False
    quiet: bool = False
    deadline: int = 600  # seconds that one call may go on being told 429

def options(*, max_concurrent: int | None = None, max_samples: int | None = None,
            cache_dir: str | os.PathLike[str] | None = None, cache: bool | None = None,
            clear_cache: bool | None = None, quiet: bool | None = None) -> _Options:
    """Set what is given; return all. A call beats PERFMOD_* variables; `clear_cache` moves answers aside (`*.bak`)."""
    given = {name: str(value) for name, value in locals().items() if value is not None}
    _chosen.update({name: _setting(name, name, text) for name, text in given.items()})
    names = {field.name: "PERFMOD_" + field.name.upper() for field in dataclasses.fields(_Options)}
    told = {name: _setting(variable, name, text) for name, variable in names.items()
            if (text := os.environ.get(variable))}
    return _Options(**{"cache_dir": _project_root() / ".perfmod" / "cache", **told, **_chosen})

def _setting(label: str, name: str, text: str) -> Any:
    is_number, value = name in ("max_concurrent", "max_samples", "deadline"), cast(Any, Path(text))
    if name != "cache_dir":
        value = _SWITCH.get(text.lower()) if not is_number else int(text) if text.isdecimal() else None
    if value is None or (is_number and value < 1):
        raise ValueError(f"{label} must be {'a whole number above 0' if is_number else 'on or off'}, not {text!r}")
    return value

@functools.lru_cache(maxsize=None)
def _project_root() -> Path:
    here = Path(__file__).resolve()
    if "site-packages" in here.parts:  # installed, not vendored: the project is the program's
        here = Path(getattr(sys.modules.get("__main__"), "__file__", None) or Path.cwd() / "-").resolve()
    marks = (".git", "pyproject.toml", "setup.py")
    return next((folder for folder in here.parents if any((folder / mark).exists() for mark in marks)), here.parent)

def _say(line: str) -> None:
    with _lock, contextlib.suppress(Exception):  # stderr may be closed
        if line not in _said and not options().quiet:
            _said.add(line)
            sys.stderr.write(f"perfmod: {line}\n")

class ahead(Generic[T, R]):
    """Iterates `(item, reply)` in source order while `work` is already under way for the items ahead. At most `limit`
    are worked on at a time, at most `window` (32 * limit) pulled from the source and not yet passed. After a failure
    nothing behind it starts until the body has seen it, unless `keep_going`. Leaving the loop cancels the rest.
    A coroutine function runs on the running event loop, all else in daemon threads. Between two starts of the same
    work lie at least `pace` seconds, also where several such loops run at once or in turn. What work gives is kept in
    the file of a `checkpoint` until the loop has run to its end: a run that was killed is gone on with by the next."""

    def __init__(self, work: Callable[[T], R], source: Iterable[T], *, limit: int | None = None,
                 window: int | None = None, keep_going: bool = False, pace: float = 0.0, checkpoint: str = "",
                 _guesses: bool = False) -> None:
        now, self._work, self._checkpoint, self._guesses = options(), work, checkpoint, _guesses
        self._source, self._samples, self._keep_going = source, now.max_samples, keep_going
        self._limit = now.max_concurrent if limit is None else limit
        self._window, self._pace = 32 * self._limit if window is None else window, pace
        if self._limit < 1 or self._window < 1 or not 0 <= pace < float("inf"):
            raise ValueError("limit and window must be at least 1, and pace a number of seconds")

    def __iter__(self) -> Iterator[tuple[T, _Reply[R]]]:
        return _Line(self).pairs()

    def __len__(self) -> int:
        return min(len(cast(Sized, self._source)), self._samples or sys.maxsize)

    @staticmethod
    def calls(guess: Callable[[T], Any], source: Iterable[T], **settings: Any) -> Iterable[T]:
        """Iterates the items alone, for a body that makes its calls itself, through `cached`: what `guess` asked for the
        same item answers equal calls, each once; what else it does is forgotten. The settings are those of `ahead`."""
        return cast("Iterable[T]", ahead(guess, source, **settings, _guesses=True))

def _asker() -> _Reply[Any] | None:  # for which item this code runs. A generator's reader is not in its loop's body.
    frame = cast(Any, sys._getframe(1) if _bodies else None)
    while frame and not _bodies.get(id(frame)):
        frame = frame.f_back
    return _bodies[id(frame)] if frame else _current.get()

@overload
def gather(work: Callable[[T], Coroutine[Any, Any, R]], source: Iterable[T], *,  # type: ignore[overload-overlap]
           limit: int | None = None, pace: float = 0.0, checkpoint: str = "") -> Coroutine[Any, Any, list[R]]: ...
@overload
def gather(work: Callable[[T], R], source: Iterable[T], *, limit: int | None = None, pace: float = 0.0,
           checkpoint: str = "") -> list[R]: ...
def gather(work: Callable[[T], Any], source: Iterable[T], *, limit: int | None = None, pace: float = 0.0,
           checkpoint: str = "") -> Any:
    """The results in source order: a list, or an awaitable of one where `work` is a coroutine function."""
    async def replies() -> list[Any]:
        with contextlib.closing(cast(Any, iter(pairs))) as line:
            return [await reply for _, reply in line]

    pairs: ahead[T, Any] = ahead(work, source, limit=limit, pace=pace, checkpoint=checkpoint)
    if _is_async(work):
        return replies()
    with contextlib.closing(cast(Any, iter(pairs))) as line:  # a failure keeps the list's frame, and with it the line
        return [reply.result() for _, reply in line]

def _is_async(call: Any) -> bool:
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(getattr(call, "__call__", None))

class _Reply(Generic[R]):
    """One item and what came of it: `await reply` (event loop), `reply.result()` (threads)."""
    __slots__ = ("_line", "_index", "_item", "_identity", "_state", "_value", "_bell", "_error", "_draws", "_printed",
                 "_context", "_key", "_asked", "__weakref__")  # there may be ten thousand

    def __init__(self, line: _Line[Any, R], index: int, item: Any, identity: tuple[str, int]) -> None:
        self._line, self._index, self._item, self._identity = line, index, item, identity
        self._state = "waiting"  # "running", "done"; "dropped" where the loop moved on without it
        self._value = self._bell = self._error = self._key = cast(Any, None)
        self._draws, self._printed = _NONE, _NONE  # see _Request, _Printed
        self._asked: list[_Request] | None = [] if line.loop._guesses else None  # by a guess, and not used yet
        self._context = contextvars.copy_context()

    def result(self) -> R:
        while (bell := self._line.bell_of(self)) is not None:
            while os.name == "nt" and not bell.done():
                time.sleep(0.005)  # where a wait would hold up Ctrl-C
            bell.result()
        return self._read()

    def __await__(self: _Reply[Coroutine[Any, Any, S]]) -> Generator[Any, None, S]:
        yield  # the others' turn, where all answers are there already
        while (bell := self._line.bell_of(self)) is not None:
            yield from bell
        return cast(S, self._read())

    def _ring(self) -> None:
        self._bell is None or self._bell.done() or self._bell.set_result(None)

    def _read(self) -> R:
        printed, self._printed = "".join(self._printed), []
        sys.stdout.write(printed) if printed and self._asked is None else None
        if self._error is not None and self._asked is None:
            raise self._error
        return cast(R, self._value)

_NONE: list[str] = []  # what nothing is put into
_GONE = RuntimeError("the loop has moved on: what failed is forgotten")

def _name(reply: _Reply[Any] | None) -> str:  # who asks, as the cache sees it
    return "{}{}".format(*reply._identity) if reply else ""

class _Printed:  # stands before sys.stdout: what work prints is kept, and written when the body reads the reply
    def __init__(self, stdout: Any) -> None:
        self.stdout = stdout

    def write(self, text: str) -> Any:
        reply._printed.append(text + "") if (reply := _current.get()) else None  # bytes: a TypeError, as of any text file
        return len(text) if reply else self.stdout.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stdout, name)

class _Line(Generic[T, R]):
    """The items between a loop's source and its body, whose thread alone pulls and moves on. Workers take what may
    start: tasks, or daemon threads (the standard pool's hold up the process's exit until their calls end)."""

    def __init__(self, loop: ahead[T, R]) -> None:
        self.loop, self.limit = loop, loop._limit
        sys.stdout = sys.stdout if isinstance(sys.stdout, _Printed) else cast(Any, _Printed(sys.stdout))
        self.event_loop = asyncio.get_running_loop() if _is_async(loop._work) else None
        self.queue: Any = asyncio.Queue() if self.event_loop else queue.SimpleQueue()  # calls for workers
        self.lock = threading.RLock()  # re-entrant: the collector may close a generator at any time
        self.source = itertools.islice(loop._source, loop._samples)
        self.ended, self.closed = cast("Exception | None", None), False  # StopIteration, or what the source raised
        self.unread: deque[_Reply[R]] = deque()  # pulled and not passed, in source order
        self.ready: list[tuple[int, _Reply[R]]] = []  # a heap: the earliest starts first
        self.later: dict[int, deque[_Reply[R]]] = {}  # id of a mutable unread item: where it occurs again
        busy = _current.get()  # in the work of another loop, and perhaps of one around that: their limits are one
        self.outer, self.equals, self.beside = _asker(), Counter[int](), busy._line.width() if busy else 1
        self.limit = max(1, self.limit // self.beside)
        self.seen: dict[int, array.array[int]] = defaultdict(lambda: array.array("Q"))
        self.pulled = self.workers = self.called = self.running = 0
        self.pace, self.left, self.failed = loop._pace, threading.Event(), set[int]()  # failures the body has not seen yet
        work: Any = getattr(loop._work, "func", loop._work)  # of a partial
        self.code = getattr(work, "__code__", type(work))  # of a nested function the same in each turn
        self.tasks, self.threads = set[asyncio.Task[None]](), list[threading.Thread]()
        self.kept, self.about = _checkpoint(loop._checkpoint, loop._work, loop._samples)

    def width(self) -> int:  # how many items may be worked on at once, in all lines that run beside this one
        with contextlib.suppress(TypeError):
            return self.beside * max(1, min(self.limit, len(self.loop)))
        return self.beside * self.limit

    def pairs(self) -> Iterator[Any]:
        bar, near = _progress_bar(self.loop), cast(Any, sys._getframe(1))
        body = id(near.f_back if near.f_code.co_name == "__iter__" else near) if self.loop._guesses else 0  # past tqdm's
        outer, near = _bodies.get(body), None
        try:
            while self.fill():
                _bodies.update({body: self.unread[0]} if body else ())
                yield self.unread[0]._item if body else (self.unread[0]._item, self.unread[0])
                _bodies.update({body: outer} if body else ())
                self.move_on()
                bar.update()
            if self.ended is not None and not isinstance(self.ended, StopIteration):
                raise self.ended
        finally:  # at the end, or where the body leaves: break, return, an exception, Ctrl-C
            _bodies.pop(body, None)
            _bodies.update({body: outer} if outer else ())
            self.close()
            bar.close()

    def fill(self) -> bool:
        spent = 0.0  # waiting for the source: a slow one does not hold up what is there already
        while (self.ended is None and not self.failed and len(self.unread) < self.loop._window
               and (not self.unread or spent < 0.1)):
            try:
                begun, item = time.monotonic(), next(self.source)
            except Exception as error:  # it surfaces behind the items before it
                self.ended = error
                break
            spent += time.monotonic() - begun
            self.dispatch(item)
        return bool(self.unread)

    def dispatch(self, item: T) -> None:
        # Who asks, as the cache sees it: the item's content and how many equal ones came before, not its place.
        content = _digest(_name(self.outer), _canonical(item) or f"#{self.pulled}")
        bucket = self.seen[(short := int(content[:16], 16)) % 256]  # sorted: a tenth of the memory of a set of digests
        if (place := bisect.bisect_left(bucket, short)) < len(bucket) and bucket[place] == short:
            self.equals[short] += 1
        else:
            bucket.insert(place, short)
        reply = _Reply(self, self.pulled, item, (content, self.equals[short] + 1))
        self.pulled += 1
        with self.lock:
            self.unread.append(reply)
            if id(item) in self.later:  # the same object again: one at a time
                return self.later[id(item)].append(reply)
            self.later.update({id(item): deque[_Reply[R]]()} if _is_mutable(item) else {})
            self.enqueue(reply)

    def enqueue(self, reply: _Reply[R]) -> None:
        if self.kept and _is_plain(reply._item, (list, tuple)):
            reply._key = _digest(self.about, repr(reply._item), str(reply._identity[1]))
            if found := self.kept.get(reply._key):
                _say(f"results of a run that was stopped come from {self.kept.path}; to ask anew: PERFMOD_CACHE=off, "
                     "or options(clear_cache=True)")
                reply._printed, (is_tuple, value), reply._state = found[:1], found[1:], "done"
                reply._value = tuple(value) if is_tuple else value
        elif self.kept:
            _say(f"an item is not plain data: what comes of it is not kept in {self.kept.path}")
        if reply._state == "waiting":
            heapq.heappush(self.ready, (reply._index, reply))
        self.start()

    def move_on(self) -> None:
        with self.lock:
            (reply := self.unread.popleft())._error = _GONE  # it holds the body's frame, and files in it
            self.failed.discard(reply._index)
            if reply._state == "waiting":  # the body did not want it
                heapq.heappop(self.ready)
            reply._state = "dropped" if reply._state == "waiting" or self.loop._guesses else reply._state
            if later := self.later.pop(id(reply._item), None):
                self.later[id(later[0]._item)] = later
                self.enqueue(later.popleft())
            self.start()

    def bell_of(self, reply: _Reply[R]) -> Any:
        with self.lock:
            if reply._state == "dropped":
                raise RuntimeError("the loop that this reply belongs to has moved on without it")
            if reply._state != "done" and (reply._bell is None or reply._bell.done()):
                reply._bell = self.event_loop.create_future() if self.event_loop else Future()
            self.start()
            return None if reply._state == "done" else reply._bell

    def close(self) -> None:
        with self.lock, _lock:
            self.closed = True
            if self.kept:
                self.kept.end(is_over=isinstance(self.ended, StopIteration) and not self.unread)
                self.kept = None
            self.left.set()
            for place in range(len(self.unread)):
                (reply := self.unread.popleft())._error = _GONE
                if place or reply._state != "done":  # else the body was busy with it
                    _drawn.subtract(reply._draws)  # for the program it never was
                    del reply._draws[:]
                if reply._state != "done":
                    reply._state = "dropped"
                    reply._ring()
            for _ in range(self.workers):
                self.queue.put_nowait(False)  # go home
            for task in self.tasks:
                task.cancel()
        with contextlib.suppress(RuntimeError):  # this thread itself; one that outlives the program keeps files open
            while self.threads and not self.running:
                self.threads.pop().join(1)
        self.threads and atexit.register(_flush)

    def start(self) -> None:
        most = 1 if self.pace else self.limit  # one waits for its time, and calls the next
        while self.called < min(len(self.ready), self.limit - self.running, most) and self.may_start():
            self.called += 1
            self.queue.put_nowait(True)
        while self.workers < min(self.running + self.called, self.limit) and not self.closed:
            self.hire()

    def may_start(self) -> bool:  # nothing starts behind a failure that the body has not seen
        return bool(self.ready) and not self.closed and self.ready[0][0] <= min(self.failed, default=self.pulled)

    def take(self, pace: float) -> _Reply[R] | float | None:  # or how long it is until something may start
        with self.lock, _lock:
            if pace and not self.closed and (left := _starts.get(self.code, 0.0) - time.monotonic()) > 0:
                return left
            self.called -= 1
            if not self.may_start():
                return None
            self.running += 1
            reply = heapq.heappop(self.ready)[1]
            reply._state, reply._draws, reply._printed = "running", [], []
            reply._context.run(_current.set, reply)
            if pace:
                _starts[self.code] = time.monotonic() + pace
                self.start()
            return reply

    def hire(self) -> None:
        self.workers += 1
        if self.event_loop is not None:
            task = self.event_loop.create_task(self.work_async())
            self.tasks.add(task)
            task.add_done_callback(self.leave)
            return
        try:
            (thread := threading.Thread(target=self.work, name="perfmod", daemon=True)).start()
            self.threads.append(thread)
        except RuntimeError as error:  # the system has no more threads
            self.workers, self.limit = self.workers - 1, max(self.workers - 1, 1)
            if self.workers == 0 and self.queue.get_nowait() and isinstance(reply := self.take(pace=0.0), _Reply):
                self.finish(reply, None, error)

    def leave(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        self.workers -= 1
        task.cancelled() or task.exception()  # it was delivered: no "never retrieved" at exit

    def work(self) -> None:
        while self.queue.get():
            while isinstance(reply := self.take(self.pace), float):
                self.left.wait(reply)
            if reply is None:
                continue
            try:
                self.finish(reply, reply._context.run(self.loop._work, reply._item))
            except BaseException as error:
                self.finish(reply, None, error)

    async def work_async(self) -> None:
        while await self.queue.get():
            while isinstance(reply := self.take(self.pace), float):
                await asyncio.sleep(reply)
            if reply is None:
                continue
            try:
                self.finish(reply, await _within(reply._context, cast(Any, self.loop._work(reply._item))))
            except BaseException as error:
                self.finish(reply, None, error)
                if isinstance(error, asyncio.CancelledError):  # of this task? else it is its item's own affair
                    if self.closed or getattr(asyncio.current_task(), "cancelling", lambda: True)():
                        raise
                elif isinstance(error, (KeyboardInterrupt, GeneratorExit)):
                    raise
            await asyncio.sleep(0)  # the body's turn, where work never has to wait

    def finish(self, reply: _Reply[R], value: Any, error: BaseException | None = None) -> None:
        if self.kept and reply._key and error is None:
            is_tuple = type(value) is tuple  # what statements give
            record = _freeze(["".join(reply._printed), is_tuple, list(value) if is_tuple else value])
            with _lock:
                if self.kept and reply._state == "running" and record:
                    self.kept.put(reply._key, record)
                elif self.kept and not record:
                    _say(f"what work gives is not plain data: it is not kept in {self.kept.path}")
        with self.lock, _lock:
            self.running -= 1
            del reply._context  # which holds the reply
            drawn, reply._draws = (reply._draws, []) if self.loop._guesses else ([], reply._draws)
            _drawn.subtract(drawn)  # what a guess has drawn is for the body to draw
            if reply._state == "running":  # else the loop was left
                cancelled = self.closed and isinstance(error, asyncio.CancelledError)
                reply._state, reply._value, reply._error = "dropped" if cancelled else "done", value, error
                if error is not None and not self.loop._keep_going and reply in self.unread:
                    self.failed.add(reply._index)
                reply._ring()
            self.start()

@types.coroutine
def _within(context: contextvars.Context, work: Coroutine[Any, Any, R]) -> Generator[Any, Any, R]:
    """Await `work` in a context of its own, as a task of its own would."""
    resume, sent = cast(Any, work.send), cast(Any, None)
    while True:
        try:
            awaited = context.run(resume, sent)
        except StopIteration as stop:
            return cast(R, stop.value)
        try:
            resume, sent = work.send, (yield awaited)
        except BaseException as error:
            resume, sent = work.throw, error

def _flush() -> None:  # at exit: a thread that still runs keeps files that nobody closes from being written
    for file in gc.get_objects():
        with contextlib.suppress(Exception):
            file.flush() if issubclass(type(file), io.TextIOWrapper) else None

def _is_mutable(item: object) -> bool:
    plain = isinstance(item, (str, int, float, bytes, type(None)))
    return any(map(_is_mutable, item)) if isinstance(item, tuple) else not plain

def _progress_bar(loop: ahead[Any, Any]) -> Any:  # of tqdm where stderr is a terminal, unless the program has one
    with contextlib.suppress(Exception):  # no tqdm, or not as we know it
        tqdm = importlib.import_module("tqdm").tqdm if sys.stderr.isatty() and not options().quiet else None
        if tqdm and not any(getattr(bar, "iterable", None) is loop for bar in list(getattr(tqdm, "_instances", ()))):
            return tqdm(total=len(loop) if hasattr(loop._source, "__len__") else None, disable=None)
    return types.SimpleNamespace(update=lambda: None, close=lambda: None)

def run(coro: Coroutine[Any, Any, R]) -> R:
    """`asyncio.run`; where a loop is running already (a notebook), on one loop in a thread beside it, which stays."""
    if (running := asyncio._get_running_loop()) is None:
        return asyncio.run(_closing_clients(coro))
    if running not in _side_loops:
        _side_loops[running] = asyncio.new_event_loop()
        threading.Thread(target=_side_loops[running].run_forever, name="perfmod-loop", daemon=True).start()
    result = asyncio.run_coroutine_threadsafe(coro, _side_loops[running])
    try:
        return result.result()
    finally:
        result.cancel()  # Ctrl-C stops the work as well

async def _closing_clients(coro: Coroutine[Any, Any, R]) -> R:
    """Close async clients while their loop is still there: later their connections complain that it is gone."""
    _clients[asyncio.get_running_loop()] = {}
    try:
        return await coro
    finally:
        if sys.exc_info()[0]:
            _flush()  # what failed holds its tasks, and they hold it: as in `move_on`
        for client in _clients.pop(asyncio.get_running_loop()).values():
            with contextlib.suppress(Exception):
                await client.close()

class _Cached:
    def __call__(self, call: Callable[..., R], /, *args: Any, **kwargs: Any) -> R:
        """`call(*args, **kwargs)`, awaited or not as that is: from the cache where it is there, else with retries."""
        return cast(R, _answer(_Request(call, args, kwargs)))

    def once(self, call: Callable[..., R], /, *args: Any, **kwargs: Any) -> R:
        """The same inside a retry of the program's own: asked once, with the retries that the program has left to its
        client. A 429 makes all calls wait, and then arrives as it is."""
        return cast(R, _answer(_Request(call, args, kwargs, "once")))

    def plain(self, call: Callable[..., R], /, *args: Any, **kwargs: Any) -> R:
        """A call as the program itself would make it, unless `ahead.calls` has made it already."""
        return cast(R, _answer(_Request(call, args, kwargs, "plain")))

    def live(self, call: Callable[..., R], /, *args: Any, **kwargs: Any) -> R:
        """A call that may be repeated: with retries, and never from the cache. A response that says 429, 503 or the
        like is a failure as an exception is; where it stays so it is the answer."""
        return cast(R, _answer(_Request(call, args, kwargs, "live")))

cached = _Cached()

def _answer(request: _Request) -> Any:
    is_ahead = request.who is not None and request.who._asked is not None
    course = request.meet(request.who) if is_ahead else request.answer(request.look_up())
    if request.is_async:
        return course
    try:
        course.send(None)  # in a synchronous call nothing in it suspends
    except StopIteration as stop:
        return stop.value
    return _within(contextvars.copy_context(), course)  # asynchronous after all: the caller awaits the rest

class _Twin:
    """What is asked in place of a client: copies, without retries of their own where those are our part. Where the
    program has left the transport to the SDK they have aiohttp's, else a pool of connections for every 20 calls: it goes
    through all of them for each, and closes what is idle beyond 20, even under a thread. The last attempt takes its own."""

    def __init__(self, client: Any, loop: Any) -> None:
        self.copies: dict[Any, tuple[Any, Any]] = {}
        self.pools, self.busy, self.loop = [None], [0], loop  # the first is the program's own
        self.fast, self.make, self.is_trusted = False, cast("Callable[[], Any] | None", None), False
        with contextlib.suppress(Exception):  # what cannot be seen is left as it is
            http, way = client._client, "handle_request" if loop is None else "handle_async_request"
            places = (http, "send"), (http._transport, way), (http._transport._pool, way)
            owners = {getattr(place, name).__func__.__globals__["__name__"].partition(".")[0] for place, name in places}
            is_plain = owners <= {"httpx", "httpcore", "httpx2", "httpcore2"}  # no instrumentation, no mock of a test
            if is_plain and type(http).__name__.endswith("HttpxClientWrapper") and not any(http.event_hooks.values()):
                context = http._transport._pool._ssl_context
                self.make = functools.partial(cast(Any, type(http)), base_url=http.base_url, verify=context)
                package = sys.modules[type(http).__module__.partition(".")[0]]
                if loop is not None:
                    self.add(package.DefaultAioHttpClient())  # raises where there is no aiohttp
                    self.fast = True

    def add(self, pool: Any) -> None:
        self.pools.append(pool)
        self.busy.append(0)
        if self.loop is not None and self.loop not in _transports:
            _transports[self.loop] = [keeper := _closing_transports(self.loop)]
            with contextlib.suppress(StopIteration):
                keeper.asend(None).send(None)
        _transports.get(self.loop, []).append(pool)

    def enter(self, client: Any, kind: Any, retries: int | None, is_last: bool) -> tuple[int, Any]:
        """Which pool is used, and what has the methods of `kind` there; None where that is what the program has."""
        with _lock:
            place = 1 if self.fast and not is_last else 0
            if self.make and not self.fast:  # the first that has room: so no more connections are made than calls
                place = next((place for place, busy in enumerate(self.busy) if busy < 20), len(self.busy))
                if place == len(self.busy):
                    self.add(self.make())
            resource = None
            if place or retries is not None:
                state = client.api_key, client.base_url, client.timeout
                old, resource = self.copies.get((kind, place, retries), (None, None))
                if old is None or any(map(operator.is_not, old, state)):
                    more: dict[str, Any] = {} if retries is None else {"max_retries": retries}
                    more.update({"http_client": self.pools[place]} if place else {})
                    resource = kind(client.with_options(**more))
                    self.copies[kind, place, retries] = state, resource
            self.busy[place] += 1
            return place, resource

async def _closing_transports(loop: Any) -> Any:  # a generator: closed by what ends the loop, however it was begun
    try:
        yield
    finally:
        for pool in _transports.pop(loop)[1:]:
            with contextlib.suppress(Exception):
                await pool.aclose()
        with _lock:
            for twins in list(_twins.values()):
                twins.pop(loop, None)

class _Request:
    """One call: what is asked, of whom, how often its own client would have asked, and the course it takes."""

    def __init__(self, call: Any, args: tuple[Any, ...], kwargs: dict[str, Any], form: str = "") -> None:
        while isinstance(call, functools.partial):
            call, args, kwargs = call.func, call.args + args, {**call.keywords, **kwargs}
        self.call, self.args, self.kwargs, self.form = call, args, kwargs, form
        owner = getattr(call, "__self__", None)
        self.owner = owner = getattr(inspect.unwrap(call), "__self__", None) if owner is None else owner
        self.kind: Any = owner if owner is None or isinstance(owner, type) or inspect.ismodule(owner) else type(owner)
        client = getattr(owner, "_client", None) if self.kind is not owner else None
        if not (hasattr(client, "with_options") and hasattr(client, "max_retries")):
            client = None  # else an SDK in the manner of openai (from 1.0) and anthropic
        self.client, self.twin = client, cast("_Twin | None", None)
        self.is_async = _is_async(call) or (client is not None and _is_async(inspect.unwrap(call)))
        if client is None and str(getattr(self.kind, "__module__", "")).startswith("aiohttp"):
            self.is_async = True  # plain functions, whose answers are awaited
        self.who, self.work, self.tries, self.transient = _asker(), _current.get(), 0, 0
        self.draws: list[str] = self.who._draws if self.who else []
        self.slot, self.number, self.found, self.store = "", 0, cast(Any, None), cast("_Store | None", None)
        self.budget = 5 if form == "live" and client is None else 0  # of transient failures that are outlasted
        if client is not None and getattr(self.kind, call.__name__, None) is getattr(call, "__func__", self.kind):
            with contextlib.suppress(Exception):
                loop = asyncio._get_running_loop() if self.is_async else None
                with _lock:
                    twins = _twins.setdefault(client, {})
                    if loop not in twins:
                        _twins[client] = twins = {old: twins[old] for old in twins if old and not old.is_closed()}
                        twins[loop] = _Twin(client, loop)
                    self.twin = twins[loop]
                self.budget = int(client.max_retries)

    def asked(self) -> str | None:
        return _canonical([self.args, {name: value for name, value in self.kwargs.items() if _is_sent(name, value)}])

    async def meet(self, who: Any) -> Any:
        """In a loop of `ahead.calls`: a guess asks and notes it, and a call of the body takes what was noted, or asks."""
        (endpoint, where), asked = _whereabouts(self.call, self.owner, self.kind, self.client), self.asked()
        rest = repr({name: value for name, value in self.kwargs.items() if not _is_sent(name, value)})
        self.name = endpoint, where or (getattr(self.call, "__func__", self.call), id(self.owner)), asked, rest
        guesses, self.came = who is self.work, Future[Any]()
        if guesses and (asked is None or " at 0x" in rest):
            raise SystemExit  # nobody could tell it from another: the guess ends here
        if not guesses and (self.is_async or who._line.event_loop is None):
            with contextlib.suppress(RuntimeError):  # the loop has moved on
                await who if who._line.event_loop else who.result()
        self.draws = who._draws
        with _lock:
            for earlier in [one for one in who._asked if one.name == self.name and not guesses][:1]:
                who._asked.remove(earlier)
                self.draws.append(earlier.slot)
                _drawn[earlier.slot] += 1
                _stats["used"] += earlier.found is None
                return vars(earlier).pop("came").result()  # what fails holds the body's frame, and files in it
        if not guesses:
            return await self.answer(self.look_up())
        try:
            self.came.set_result(await self.answer(self.look_up()))
        except Exception as error:
            self.came.set_exception(error)
        who._asked.append(self)
        _stats["ahead"] += self.found is None
        return copy.deepcopy(self.came.result())  # the body's own stays as it came

    def look_up(self) -> float:  # and tell when. The n-th draw of an item from a request has a key of its own.
        is_on, began = os.environ.get("PERFMOD_CACHE", "on").lower(), time.monotonic()
        if self.form in ("live", "plain") or not _chosen.get("cache", _SWITCH.get(is_on, True)):
            return began
        now = options()  # which looks at a whole environment
        self.endpoint, where = _whereabouts(self.call, self.owner, self.kind, self.client)
        if (asked := self.asked()) is None or where is None:
            _say(f"not cached: an argument of {self.endpoint} is not plain data" if asked is None else
                 f"not cached: what {self.endpoint} answers may depend on more than its arguments")
            return began
        model = self.kwargs.get("model") or self.kwargs.get("engine") or self.kwargs.get("deployment_id")
        self.slot = _digest(_name(self.who), f"perfmod 1 {self.endpoint} {where} {asked}")
        with _lock:
            if self.work and self.work._state == "dropped":
                raise SystemExit  # its loop was left; ends the thread, and no `except Exception` stops it
            self.number = _drawn[self.slot]
            _drawn[self.slot] += 1
            self.draws.append(self.slot)
        self.key, self.store = _digest(self.slot, str(self.number)), _store(now, str(model or self.endpoint))
        self.found = self.store.get(self.key)
        if self.found is not None and self.kwargs.get("temperature") != 0 and "embed" not in self.endpoint.lower():
            _say(f"answers come from the cache at {now.cache_dir}; "
                 "to draw anew: PERFMOD_CACHE=off, or options(clear_cache=True)")
        return began

    async def answer(self, asked_at: float) -> Any:
        """Found, or asked for until there is one, or until a failure that the program's own `except` should see."""
        _stats or atexit.register(_report, time.monotonic())
        _stats["requests" if self.found is None else "hits"] += 1
        if self.found is not None:
            return self.found
        kept = False
        try:
            while True:
                began, delay = await self.enter(), cast("float | None", None)
                try:
                    answer = await self.ask()
                    if (_status(answer) or 0) < 400:
                        _pace.streak = 0
                    elif (delay := self.again(answer, asked_at, began)) is not None:
                        with contextlib.suppress(Exception):  # let go of its connection
                            (answer.release if hasattr(answer, "release") else answer.close)()
                except Exception as error:
                    if (delay := self.again(error, asked_at, began)) is None:
                        raise
                finally:
                    self.leave()
                if delay is None:
                    kept = self.keep(answer)
                    return answer
                await self.wait(delay) if delay else None
        finally:
            if self.slot and not kept:
                with _lock:  # to ask again is the same draw, so that a second run finds its answer at once
                    if self.slot in self.draws and _drawn[self.slot] == self.number + 1:
                        _drawn[self.slot] -= 1
                        self.draws.remove(self.slot)
                        self.slot = ""

    def again(self, told: Any, asked_at: float, began: float) -> float | None:
        """How long to wait before the call is repeated; None where the program should see what came of it."""
        is_limit, is_transient, asked = _advice(told, self.form == "live")
        (most, least), is_once = (30.0, 0.5) if is_limit else (8.0, 0.0), self.form in ("once", "plain")
        tries = min(_pace.streak if is_once else self.tries, 6)
        delay = asked or min(most, 0.5 * 2**tries) * _dice.uniform(least, 1.0)
        self.tries, self.transient = self.tries + 1, self.transient + (not is_limit)
        if not is_limit and (not is_transient or self.transient > self.budget):
            return None
        # An open file, perhaps, is empty the second time.
        may = is_once or self.asked() is not None or (
            self.form == "live" and not _is_used_up([*self.args, *self.kwargs.values()]))
        if not may or time.monotonic() + delay > asked_at + options().deadline:
            return None
        if is_limit:  # bounded by the deadline only
            self.hold(began, delay)
        if is_once:
            return None
        _log.info("%s: asked again in %.1f s", type(told).__name__, delay)
        _stats["retries"] += 1
        return 0.0 if is_limit else delay  # of a limit in `enter`, with all others

    async def ask(self) -> Any:
        if self.work and self.work._state == "dropped":
            raise SystemExit
        call, place, is_once = self.call, -1, self.form in ("once", "plain")
        if twin := self.twin:
            try:
                is_last = is_once or self.transient >= self.budget
                place, resource = twin.enter(self.client, self.kind, None if is_once else 0, is_last)
                call = call if resource is None else getattr(resource, call.__name__)
            except Exception:  # a client of its own kind keeps its own retries
                self.twin, self.budget = None, 0
        try:
            answer = call(*self.args, **self.kwargs)
            if inspect.isawaitable(answer):
                if not self.is_async:
                    self.is_async, self.store = True, None  # of a stored answer it could not be told that it is awaited
                    await asyncio.sleep(0)  # suspends: see `_answer`
                _clients.get(asyncio._get_running_loop(), {})[id(self.client)] = self.client
                answer = await answer
        except Exception as error:
            if twin and place > 0 and _status(error) is None and not twin.is_trusted:
                twin.fast, twin.make = False, None  # it never got an answer: a proxy, perhaps, that it cannot speak to
            raise
        finally:
            if twin and place >= 0:
                with _lock:
                    twin.busy[place] -= 1
        if twin and place > 0:
            twin.is_trusted = True
        return answer

    def keep(self, answer: Any) -> bool:
        if self.store is None:
            return False
        record = _freeze(answer)
        if record is None or answer is None:
            _say(f"not cached: {self.endpoint} answers with {type(answer).__name__}, which is not plain data")
            return False
        with _lock:  # late: its loop was left, and the program has asked again
            late = self.work and self.work._state == "dropped" and self.key.encode() in self.store.offsets
            return not late and _is_worth_keeping(record["data"], self.kwargs) and self.store.put(self.key, record)

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds) if self.is_async else time.sleep(seconds)

    async def enter(self) -> float:
        while True:
            with _lock:
                now = time.monotonic()
                if now >= _pace.paused_until and _pace.in_flight < _pace.width:
                    _pace.in_flight += 1
                    return now
            left = max(_pace.paused_until - now, 0.04)
            await self.wait(left + _dice.random() * min(1.0, 0.1 * left + 0.04))  # not all at one instant

    def leave(self) -> None:
        with _lock:
            if _pace.in_flight >= _pace.width - 1 and time.monotonic() >= _pace.paused_until:
                _pace.width += max(1 / _pace.width, 0.05)  # saturated: one more per round of answers, at least 5%
            _pace.in_flight -= 1

    def hold(self, began: float, delay: float) -> None:  # after a 429: the first of an episode halves the width
        with _lock:
            now = time.monotonic()
            _pace.paused_until = max(_pace.paused_until, now + delay)
            if began >= _pace.shrunk_at:
                _pace.width, _pace.shrunk_at = max(1.0, min(_pace.width, _pace.in_flight) / 2), now
                _pace.streak += 1

def _is_sent(name: str, value: Any) -> bool:
    return type(value).__name__ not in ("NotGiven", "Omit") and name.strip("_") not in {
        "api_key", "timeout", "request_timeout", "extra_headers", "headers", "default_headers", "max_retries",
        "organization", "request_id", "token", "access_token", "password", "secret"}

def _whereabouts(call: Any, owner: Any, kind: Any, client: Any) -> tuple[str, str | None]:
    """Package, class and method, the same for sync and async twins; and what else an answer depends on: the SDK's
    major version, the server, the state of the object that is asked. None where that cannot be seen."""
    name = getattr(call, "__name__", type(call).__name__)
    module = (kind if isinstance(kind, type) else call).__module__ or ""
    scope = kind.__name__ if isinstance(kind, type) else getattr(call, "__qualname__", name)[: -len(name) - 1]
    if name.startswith("a") and hasattr(kind if isinstance(kind, type) else sys.modules.get(module), name[1:]):
        name = name[1:]
    package = sys.modules.get(module.partition(".")[0])
    endpoint = ".".join(filter(None, (module.partition(".")[0], scope.replace("Async", "", 1), name)))
    where: list[Any] = [str(getattr(package, "__version__", "")).partition(".")[0]]
    if client is not None:
        where += [str(getattr(client, "base_url", "")), getattr(client, "default_query", None)]
    elif kind is owner:
        where += [str(getattr(package, told, None)) for told in ("api_base", "api_type", "api_version")]
    else:
        where += [str(getattr(owner, "base_url", "")),
                  {told: value for told, value in getattr(owner, "__dict__", {"": object}).items()
                   if _is_sent(told, value) and not re.search("client|session|transport", told)}]
    return endpoint, None if "<" in endpoint else _canonical(where)  # <lambda>, <locals>: what they close over

def _status(told: Any) -> int | None:
    """The HTTP status of an SDK's or client's exception, or of a response."""
    if hasattr(type(told), "model_dump"):
        return None
    with contextlib.suppress(Exception):  # what looks like a response may be anything
        names = ["status_code", "status"] if hasattr(told, "headers") else []
        names = ["status_code", "http_status", "status", "code"] if isinstance(told, Exception) else names
        found = [getattr(told, name, None) for name in names]
        if names and isinstance(response := getattr(told, "response", None), dict):  # of botocore
            found.append(response["ResponseMetadata"]["HTTPStatusCode"])
        elif names:
            found.append(getattr(response, "status_code", None))
        return next(int(status) for status in found if isinstance(status, int) and 100 <= status < 600)
    return None

def _advice(told: Any, is_live: bool = False) -> tuple[bool, bool, float | None]:
    """Whether a failure (an exception, or a response) is a rate limit, whether it is transient, and how long the server
    asks to wait."""
    status, response = _status(told), getattr(told, "response", None)
    body = str([getattr(place, name, None) for place in (told, response)
                for name in ("body", "json_body", "_content", "_body")])
    headers = getattr(response, "headers", None) or getattr(told, "headers", None)
    if isinstance(response, dict):
        headers = response.get("ResponseMetadata", {}).get("HTTPHeaders")
    given: dict[str, str] = {}
    with contextlib.suppress(Exception):
        given = {str(name).lower(): str(value) for name, value in dict(headers or {}).items()}
    seconds = 0.0
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        seconds = email.utils.parsedate_to_datetime(given.get("retry-after", "")).timestamp() - time.time()
    for name, unit in (("retry-after", 1.0), ("retry-after-ms", 0.001)):
        with contextlib.suppress(KeyError, ValueError):
            seconds = float(given[name]) * unit
    delay = seconds if 0 < seconds < float("inf") else None
    if given.get("x-should-retry") == "false" or "insufficient_quota" in body:
        return False, False, delay
    names = set() if status is not None else {cls.__name__ for error in (told, getattr(told, "reason", None))
                                              for cls in type(error).__mro__}
    is_cut = "APIConnectionError" in names or (is_live and bool(names & _CUT) and not names & _NOT_CUT)
    is_transient = given.get("x-should-retry") == "true" or status in (408, 409) or (status or 0) >= 500 or is_cut
    is_limit = status == 429 or "RateLimitError" in names or (is_live and status == 503 and delay is not None)
    return is_limit, is_transient, delay

def _is_used_up(value: Any) -> bool:  # by the first attempt
    if isinstance(value, (list, tuple, dict)):
        return any(map(_is_used_up, value.values() if isinstance(value, dict) else value))
    return any(hasattr(value, name) for name in ("__next__", "__anext__", "read"))

def _canonical(value: Any) -> str | None:
    """The one JSON text of `value` (1, 1.0 and True differ, key order does not); None where it has none."""
    with contextlib.suppress(Exception):
        return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain)
    return None

def _plain(value: Any) -> Any:
    if isinstance(value, type) and hasattr(value, "model_json_schema"):  # a response format
        return [value.__name__, value.model_json_schema()]
    if hasattr(value, "__pydantic_fields_set__"):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
    if hasattr(value, "__fields_set__"):  # pydantic 1
        return json.loads(value.json(by_alias=True, exclude_unset=True))
    if hasattr(value, "to_dict_recursive"):  # openai before 1.0
        return value.to_dict_recursive()
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, (bytes, bytearray)):
        return {"hex": value.hex()}
    if isinstance(value, enum.Enum):
        return value.value
    raise TypeError

def _digest(*parts: str) -> str:
    return hashlib.blake2b("\n".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

def _is_plain(value: Any, lists: Any = (list,)) -> bool:
    if type(value) is dict:
        return all(type(key) is str for key in value) and _is_plain(list(value.values()), lists)
    if type(value) in lists:
        return all(_is_plain(each, lists) for each in value)
    return type(value) in (str, int, float, bool, type(None))

def _freeze(value: Any) -> dict[str, Any] | None:
    """The answer as plain JSON of which `_thaw` makes an equal one of the same type; None where it does not."""
    cls = type(value)
    with contextlib.suppress(Exception):
        if _is_plain(value):
            return {"data": value} if json.loads(json.dumps(value)) == value else None  # NaN
        aside = {name: getattr(value, name) for name in ("_request_id", "_response_ms") if hasattr(value, name)}
        record = {"class": f"{cls.__module__}:{cls.__qualname__}", "data": _plain(value), "aside": aside}
        again = _thaw(json.loads(json.dumps(record)))
        return record if type(again) is cls and again == value and _plain(again) == record["data"] else None
    return None

def _thaw(record: dict[str, Any]) -> Any:
    """The answer again. Only models are built, and only of packages that the program itself has imported."""
    if "class" not in record:
        return record["data"]
    module, _, name = record["class"].partition(":")
    if module == "__main__" or module.partition(".")[0] not in sys.modules:
        raise LookupError(module)
    cls: Any = functools.reduce(getattr, name.split("."), importlib.import_module(module))
    if hasattr(cls, "to_dict_recursive"):
        answer = importlib.import_module("openai.util").convert_to_openai_object(record["data"])
    elif not any(base.__module__.startswith("pydantic.") for base in cls.__mro__):
        raise LookupError(name)
    elif getattr(cls.construct, "__module__", "").startswith("pydantic"):
        answer = (cls.model_validate if hasattr(cls, "model_validate") else cls.parse_obj)(record["data"])
    else:  # the SDK's own: recursive and lenient
        answer = cls.construct(**record["data"])
    for name, value in record["aside"].items():
        setattr(answer, name, value)
    return answer

def _is_worth_keeping(data: Any, kwargs: dict[str, Any]) -> bool:  # not empty, filtered, or cut off by the server
    bounded = any(kwargs.get(name) for name in ("max_tokens", "max_completion_tokens", "max_output_tokens"))
    if not isinstance(data, dict):
        return True
    if data.get("content", True) in ("", []) or data.get("choices", True) == [] or data.get("status") == "failed":
        return False
    reasons = [data.get("status"), *(choice.get("finish_reason") for choice in data.get("choices", ()))]
    texts = [choice.get("message", choice) for choice in data.get("choices", ())]
    return "content_filter" not in reasons and (bounded or not {"length", "incomplete"} & {*reasons}) and all(
        any(text.get(name) for name in ("content", "text", "tool_calls", "function_call")) for text in texts)

class _Store:
    """The answers of one model, one a line: `{"key":"<32 hex>","response":{...}}`; the last of a key wins. Loading
    slices out the keys. Others may use the file too: it is only appended to, or replaced as a whole, under a lock."""

    def __init__(self, path: Path) -> None:
        self.path, self.place, self.file, self.seen_at = path, str(path), -1, 0.0
        self.load()

    def load(self) -> None:
        self.offsets: dict[bytes, int] = {}
        self.mark, self.file, old, bad, offset = cast("tuple[int, int] | None", None), -1, self.file, 0, 0
        try:
            os.close(old) if old >= 0 else None
            with open(self.place, "rb", 2**20) as lines:
                self.mark = _mark(lines.fileno())
                for line in lines:
                    ends = line[-2:] == b"}\n" or line.rstrip()[-1:] == b"}"
                    if ends and line[:8] == _HEAD and line[40:53] == _MIDDLE:
                        self.offsets[line[8:40]] = offset
                    else:
                        bad += 1
                    offset += len(line)
                self.file = os.dup(lines.fileno()) if hasattr(os, "pread") else -1  # Windows keeps open files in place
        except OSError as error:
            if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
                _say(f"the cache at {self.path.parent} cannot be read ({error.strerror})")
        if bad:
            _say(f"skipped {bad} damaged line{'s' * (bad > 1)} of {self.path}")

    def get(self, key: str) -> Any:
        try:
            with _lock:
                if (now := time.monotonic()) > self.seen_at + 0.1:  # what was replaced can be read for as long
                    self.seen_at = now
                    self.load() if self.mark != _mark(self.place) else None
                offset, file = self.offsets.get(key.encode()), self.file
            if offset is None:
                return None
            if file < 0:
                with open(self.place, "rb") as lines:
                    lines.seek(offset)
                    line = _parsed(lines.readline())
            else:  # not `seek`: a forked process shares the place in the file
                size = 2048
                while b"\n" not in (text := os.pread(file, size, offset)) and len(text) == size:
                    size *= 4
                line = _parsed(text.partition(b"\n")[0])
            return _thaw(line["response"]) if line["key"] == key else None
        except Exception as error:  # torn, or of an SDK that is not here: ask again
            _log.info("a stored answer in %s is of no use: %r", self.path, error)
        return None

    def put(self, key: str, response: dict[str, Any]) -> bool:
        answer = json.dumps(response, separators=(",", ":")).encode()
        line = _HEAD + key.encode() + _MIDDLE + b" " * bool(_LONG.search(answer)) + answer + b"}\n"
        try:
            if not self.path.parent.exists():
                self.path.parent.mkdir(parents=True, exist_ok=True)
                (self.path.parent / ".gitignore").write_text("*\n")  # prompts are private
            with self.locked() as file:
                self.load() if self.mark != _mark(file.fileno()) else None
                end = file.seek(0, os.SEEK_END)
                if end and file.seek(-1, os.SEEK_END) + 1 and file.read(1) != b"\n":
                    line, end = b"\n" + line, end + 1  # someone was stopped in the middle of a line
                if file.write(line) != len(line):
                    raise OSError(0, "the disk is full")
        except OSError as error:
            _say(f"the cache at {self.path.parent} cannot be written ({error.strerror}); answers are not kept")
            return False
        self.offsets[key.encode()] = end
        return True

    def end(self, is_over: bool) -> None:  # of a checkpoint
        _stores.pop(self.path, None)
        os.close(self.file) if self.file >= 0 else None
        _forget(self.path) if is_over else atexit.register(_forget, self.path, at_exit=True)

    def locked(self, is_needed: bool = False) -> Any:
        while True:
            file = open(self.place, "ab+", buffering=0)
            try:
                _fcntl.flock(file, _fcntl.LOCK_EX)
            except Exception as error:  # Windows and some network drives have no locks
                if is_needed:
                    file.close()
                    raise OSError(0, "it cannot be locked here") from error
                return file
            if _mark(file.fileno()) == _mark(self.place):
                return file
            file.close()  # it was replaced while we waited

    def compact(self) -> None:
        """Leave the last line of each key: written beside the file, and put in its place."""
        with self.locked(is_needed=True) as file:
            self.load()
            file.seek(0)
            lines, beside = file.read(), Path(f"{self.place}.{os.getpid()}.tmp")
            kept = [lines[offset:lines.find(b"\n", offset) + 1] or lines[offset:] + b"\n"
                    for offset in sorted(self.offsets.values())]
            with open(beside, "wb") as new:
                new.writelines(kept)
                new.flush()
                os.fsync(new.fileno())
            beside.chmod(os.fstat(file.fileno()).st_mode & 0o777)
            beside.replace(self.path)
        print(f"{self.path}: {len(kept)} of {len(lines.splitlines())} lines kept")

def _mark(file: int | str) -> tuple[int, int] | None:  # which file it is
    with contextlib.suppress(OSError):
        return (found := os.stat(file)).st_dev, found.st_ino
    return None

def _parsed(line: bytes) -> Any:
    if _orjson and line[53:54] != b" ":  # such a line has a number that is too long for it, perhaps
        with contextlib.suppress(ValueError):  # NaN and its like, halves of surrogates
            return _orjson.loads(line)
    return json.loads(line.decode())

def _store(now: _Options, model: str) -> _Store:
    path = now.cache_dir / (re.sub(r"[^A-Za-z0-9._-]+", "_", model).lstrip(".")[:100] + ".jsonl")
    with _lock:
        if now.clear_cache and now.cache_dir not in _cleared:
            _cleared.add(now.cache_dir)
            _stores.clear()
            for old in now.cache_dir.glob("*.jsonl"):
                old.rename(f"{old}.{time.time_ns()}.bak")
        return _stores.get(path) or _stores.setdefault(path, _Store(path))

def _checkpoint(name: str, work: Any, samples: int | None) -> tuple[_Store | None, str]:
    """Where the results of this run of a loop are kept, and what they depend on besides the item."""
    try:
        if name and (now := options()).cache:
            if _current.get() is not None:
                raise ValueError("the loop runs inside the work of another")
            about = _Trace(work).digest.hexdigest()
            with _lock:
                _runs[name] += 1
                return _store(now, f"checkpoint-{_runs[name]}-{samples or 'all'}-{name}"), about
    except Exception as error:
        _say(f"nothing is kept in the checkpoint {name}: {error}")
    return None, ""

def _forget(path: Path, at_exit: bool = False) -> None:
    if not (at_exit and getattr(sys, "last_value", None)):  # an exception ended the program: it is gone on with
        with contextlib.suppress(OSError):
            path.unlink()

class _Trace(pickle.Pickler):
    """Digests what work depends on: the project's code that it leads to, and what this names, as it is pickled."""

    def __init__(self, work: Any) -> None:
        self.digest, self.seen = hashlib.blake2b(digest_size=16), list[Any]()
        super().__init__(cast(Any, types.SimpleNamespace(write=self.digest.update)), 4)
        self.fast = True  # else it would matter which equal texts are one object
        self.dump(work)

    def persistent_id(self, told: Any) -> Any:
        if isinstance(told, (set, frozenset)):
            return sorted(map(repr, told))
        if isinstance(told, types.CodeType):
            return told.co_code, told.co_names, told.co_consts
        if not isinstance(told, (type, types.FunctionType, types.ModuleType)):
            if hasattr(type(told), "request") and _is_library(type(told).__module__):  # a client, as far as it tells
                return [(name, text) for name, value in vars(told).items() if " at 0x" not in (text := repr(value))]
            return (told.__wrapped__,) if isinstance(told, functools._lru_cache_wrapper) else None
        module = told.__name__ if isinstance(told, types.ModuleType) else told.__module__
        if _is_library(module) or any(told is each for each in self.seen):
            return module, getattr(told, "__qualname__", "")
        self.seen.append(told)
        if not isinstance(told, types.FunctionType):
            return getattr(told, "__bases__", ()), {
                name: getattr(value, "__func__", getattr(value, "fget", value)) for name, value in vars(told).items()
                if not name.startswith(("__", "_abc_")) or isinstance(value, types.FunctionType)}
        names = [name for code in _codes(told.__code__) for name in code.co_names if name in told.__globals__]
        return (told.__code__, told.__defaults__, told.__kwdefaults__, [told.__globals__[name] for name in names],
                [cell.cell_contents for cell in told.__closure__ or ()])

def _codes(code: types.CodeType) -> list[types.CodeType]:
    inner = [each for each in code.co_consts if isinstance(each, types.CodeType)]
    return [code, *itertools.chain.from_iterable(map(_codes, inner))]

def _is_library(name: str) -> bool:  # a namespace of the project has no file
    module, home = sys.modules.get(name), os.path.dirname(os.__file__)
    file = str(getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), home))
    return name != "__main__" and module is not None and (
        file == __file__ or file.startswith(home) or re.search(r"[\\/](site|dist)-packages\b", file) is not None)

def _report(began: float) -> None:
    calls = _stats["requests"] + _stats["hits"]
    _say(f"{_stats['requests']} requests, {_stats['hits']} answers from the cache ({100 * _stats['hits'] // calls}%), "
         f"{_stats['retries']} retries, {calls / max(time.monotonic() - began, 0.001):.1f} calls/s"
         + f", {_stats['used']} of {_stats['ahead']} asked ahead were used" * bool(_stats["ahead"]))

if __name__ == "__main__":  # python perfmod_runtime.py: superseded and damaged lines of the cache go
    for path in sorted(options().cache_dir.glob("*.jsonl")):
        _Store(path).compact()
