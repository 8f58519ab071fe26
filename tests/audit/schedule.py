"""When calls are answered, and what time it is: nothing waits in earnest.

A call is answered at once, or, where there is an order, when nothing else of the program moves; one at a time, as the order
says. The program's clock is this file's: a pause ends when nothing else moves, the earliest first and before any answer, so
that as many calls as the program lets be under way at once are.
"""

import asyncio
import contextlib
import itertools
import os
import sys
import threading
import time
import zlib

POLLS = 20  # pauses in a row behind which no call is made wait for an answer, and it comes
GIVES_IN = 6  # a call that always fails does so this often, for programs that ask until they get an answer
REAL_EVENT, REAL_SLEEP, REAL_ASYNC_SLEEP = threading.Event, time.sleep, asyncio.sleep


def is_running():
    """Whether a thread other than this one runs, or would, were there a free processor."""
    own = str(threading.get_native_id())
    for thread in os.listdir("/proc/self/task"):
        if thread != own:
            with contextlib.suppress(OSError), open(f"/proc/self/task/{thread}/stat") as stat:
                if stat.read().rpartition(")")[2].split()[0] != "S":
                    return True
    return False


class Schedule:
    def __init__(self, order, fails, times, is_limited=False):
        self.order, self.fails, self.times = order, fails, times  # which request fails ("*": each), and how often
        self.is_limited = is_limited  # whether it fails because of a limit
        self.asked, self.begun = [], []  # requests, and when each was made
        self.waiting, self.lock, self.keeper = [], threading.Lock(), None
        self.loops, self.stopped = set(), False
        self.time, self.timers, self.count, self.polls = 0.0, [], itertools.count(), 0

    def rank(self, key):
        return self.order.index(key) if key in self.order else len(self.order)

    def begin(self, key):
        with self.lock:
            self.asked.append(key)
            self.begun.append(self.time)
            self.polls = 0
            return self.asked.count(key)

    def answer(self, key, nth, error):
        if self.fails in (key, "*") and nth <= self.times:
            raise error(f"failed: {key}")
        number = zlib.crc32(key.encode())
        return f"{('able', 'bold', 'calm', 'dark', 'easy')[number % 5]}{number // 5 % 10}"

    def call(self, key, error):
        nth = self.begin(key)
        if self.order is not None:
            event = REAL_EVENT()
            with self.lock:
                self.waiting.append((self.rank(key), len(self.asked), event.set))
                self.watch()
            event.wait()
        return self.answer(key, nth, error)

    def watch(self):
        if self.keeper is None:
            self.keeper = threading.Thread(target=self.keep, daemon=True)
            self.keeper.start()

    def release(self):
        with self.lock:
            if self.timers and (self.polls < POLLS or not self.waiting):
                self.polls += 1
                self.timers.sort(key=lambda timer: timer[:2])
                until, _, wake = self.timers.pop(0)
                self.time = max(self.time, until)
                wake()
            elif self.waiting:
                self.polls = 0
                self.waiting.sort(key=lambda entry: entry[:2])
                self.waiting.pop(0)[2]()

    def keep(self):
        own, before, quiet = threading.get_ident(), None, 0
        while not self.stopped:
            REAL_SLEEP(0.0002)
            now = {thread: (id(frame), frame.f_lasti) for thread, frame in sys._current_frames().items() if thread != own}
            # Twice: one that wants to go on may just have found the interpreter taken.
            quiet = quiet + 1 if now == before and (self.waiting or self.timers) and not is_running() else 0
            if quiet == 2:
                self.release()
                now, quiet = None, 0
            before = now

    def stop(self):
        """Calls that nobody waits for stay under way; and this must not hold the program's frames any more."""
        self.stopped = True
        with self.lock:
            keeper = self.keeper
        if keeper is not None:
            keeper.join()

    async def call_async(self, key, error):
        nth = self.begin(key)
        if self.order is not None:
            future = asyncio.get_running_loop().create_future()
            self.waiting.append((self.rank(key), len(self.asked), lambda: future.done() or future.set_result(None)))
            self.watch_loop()
            await future
        return self.answer(key, nth, error)

    def watch_loop(self):
        loop = asyncio.get_running_loop()
        if loop not in self.loops:
            self.loops.add(loop)
            loop.call_soon(self.keep_async, loop, 0)

    def keep_async(self, loop, quiet):
        quiet = 0 if loop._ready else quiet + 1
        if quiet >= 3:
            self.release()
            quiet = 0
        if self.waiting or self.timers or quiet:
            loop.call_soon(self.keep_async, loop, quiet)
        else:
            self.loops.discard(loop)

    # ---- pauses

    def sleep(self, seconds, event=None):
        """`time.sleep`, and with an event its `wait`."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        if event is None and threading.active_count() - (self.keeper is not None) == 1:
            self.time += seconds  # nobody else could do anything meanwhile
            return
        bell = REAL_EVENT()
        if event is not None:
            event.bells.append(bell)
            if event.is_set():
                return
        timer = (self.time + seconds, next(self.count), bell.set)
        with self.lock:
            self.timers.append(timer)
            self.watch()
        bell.wait()
        with self.lock:
            if timer in self.timers:
                self.timers.remove(timer)

    async def sleep_async(self, seconds, result=None):
        if seconds <= 0:
            return await REAL_ASYNC_SLEEP(0, result)
        future = asyncio.get_running_loop().create_future()
        timer = (self.time + seconds, next(self.count), lambda: future.done() or future.set_result(None))
        self.timers.append(timer)
        self.watch_loop()
        try:
            await future
        finally:
            if timer in self.timers:
                self.timers.remove(timer)
        return result

    def take_over(self):
        """The process's clock and pauses are this schedule's."""
        schedule = self

        class Event(REAL_EVENT):
            def __init__(self):
                super().__init__()
                self.bells = []

            def set(self):
                super().set()
                for bell in self.bells:
                    bell.set()

            def wait(self, timeout=None):
                if timeout is None or timeout <= 0:
                    return super().wait(timeout)
                schedule.sleep(timeout, self)
                return self.is_set()

        threading.Event = Event
        time.sleep, asyncio.sleep = self.sleep, self.sleep_async
        time.monotonic = time.perf_counter = lambda: self.time
        time.time = lambda: 1.7e9 + self.time


def denser(original, twin, is_single):
    """How many calls in a row come closer together than ever in the original, if any do: by more than one pause, where items make several."""
    times = sorted(original)
    slack = 0 if is_single else max((later - earlier for earlier, later in zip(times, times[1:])), default=0)
    for more in range(1, min(len(original), len(twin))):
        apart = [min(later - earlier for earlier, later in zip(sorted(times), sorted(times)[more:])) for times in (original, twin)]
        if apart[1] < apart[0] - slack - 1e-6:
            return f"rate: {more + 1} calls within {apart[1]:g} s, and never within less than {apart[0]:g} s"
    return None
