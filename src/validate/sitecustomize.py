"""Start-up hook of a validation run: sleeps cost little, and aiohttp uses the proxy as other clients do.

Sleeps (`time.sleep`, `asyncio.sleep`) end early, in the order in which they would have ended, and the clocks that the program reads (`time`, `datetime`) move forward by as
much. Libraries that time the network keep the real clock, so that nobody's timeout fires because somebody else slept.
"""

import sys

PROJECT, COPY, OBSERVED = "", "", ""  # where the project lies, where the copy of this run does, and where to leave what was seen
FORKER = False  # whether this process only forks those that run the program


def _redirect(copy):
    """Imports what is installed from the project, or found there by PYTHONPATH, from the copy."""
    import os

    def moved(path):
        if isinstance(path, str) and (path + os.sep).startswith(PROJECT + os.sep):
            inside = copy + path[len(PROJECT) :]
            # Environments within the project are not copied and stay where they are.
            return inside if os.path.exists(inside) else path
        return path

    if PROJECT:
        sys.path[:] = map(moved, sys.path)
        for name, module in list(sys.modules.items()):
            mapping = getattr(module, "MAPPING", None)
            if name.startswith("__editable__") and isinstance(mapping, dict):
                mapping.update({key: moved(path) for key, path in mapping.items()})


def _install():
    import os
    import time
    from _thread import allocate_lock
    from heapq import heapify, heappop, heappush
    from importlib.abc import Loader, MetaPathFinder
    from importlib.machinery import PathFinder

    real_clock_for = frozenset(
        "asyncio threading queue concurrent selectors socket ssl http urllib urllib3 requests httpx httpx2 httpcore httpcore2 anyio "
        "sniffio trio aiohttp aiosignal async_timeout openai anthropic multiprocessing subprocess uvloop h11 h2".split()
    )
    real_sleep, frame, monotonic = time.sleep, sys._getframe, time.monotonic
    tick, stall = [0.001, 0.003], [0.05]  # seconds that a short and a long sleep take at most, and after which one that was first is passed by
    shift = [0.0]  # seconds by which the program's clocks are ahead
    guard, number = [allocate_lock()], [0]
    total = [0.0, 0.0]  # seconds by the program's clock in which somebody slept, and until when they are counted
    # Who sleeps: when it ends by the program's clock, a number, how to be told that one is first, when it began. Sleeps end one after the other in the order in which they would have
    # ended, whoever sleeps, and each that ends takes the clock with it: sleepers side by side move it once, as real time would have.
    sleepers = []

    def enter(seconds, wake):
        with guard[0]:
            number[0] += 1
            slumber[0] = monotonic()
            now = slumber[0] + shift[0]
            entry = (now + seconds, number[0], wake, now)
            heappush(sleepers, entry)
        return entry

    def left(entry):
        """Real seconds that the sleep has still to take; None where another ends before it."""
        with guard[0]:
            if entry not in sleepers:
                return 0.0
            rest = entry[0] - monotonic() - shift[0]
            if kept():
                return min(0.002, max(0.0, rest))
            # Long ones take a little longer, so that threads that are about to sleep come in.
            return max(0.0, min(tick[rest >= 1], rest)) if sleepers[0] is entry else None

    def wake_first():
        while sleepers:
            try:
                return sleepers[0][2]()
            except RuntimeError:  # its event loop is closed
                heappop(sleepers)

    def pass_on(entry):
        """Moves the clock to the end of the sleep that was first."""
        shift[0] += max(0.0, entry[0] - monotonic() - shift[0])
        total[:] = [total[0] + max(0.0, entry[0] - max(entry[3], total[1])), entry[0]]

    def end(entry):
        """Ends a sleep whose turn it is; False where it is not."""
        with guard[0]:
            if entry not in sleepers:
                return True
            if sleepers[0] is not entry or kept() and entry[0] > monotonic() + shift[0]:
                return False
            heappop(sleepers)
            pass_on(entry)
            wake_first()
            return True

    def drop(entry):
        """Takes out a sleep that was broken off."""
        with guard[0]:
            if entry in sleepers:
                first = sleepers[0] is entry
                sleepers.remove(entry)
                heapify(sleepers)
                if first:
                    wake_first()

    def pass_by():
        """Ends the sleep that is first and does not come to its end, as nobody runs its event loop."""
        with guard[0]:
            if sleepers:
                entry = heappop(sleepers)
                pass_on(entry)
                try:
                    entry[2]()
                except RuntimeError:
                    pass
                wake_first()

    slumber = [0.0]  # when somebody last went to sleep
    handed = [0.0]  # when work was last handed to a thread
    held = [0, 0.0, 0.0, 0.0]  # threads that are kept from their work, since when any was, seconds in which one was, and until when the clock stands still

    def after_fork():
        guard[0] = allocate_lock()
        sleepers.clear()
        held[0] = 0

    def kept():
        """Whether threads are kept from their work, or have just begun and may be about to sleep: the clock stands still then."""
        return held[0] or held[3] and monotonic() < held[3]

    def late():
        """From here on threads begin what they are given only when nothing more is handed out: each loop variable has its last value by then."""
        pause, most, budget, look = 0.02, 0.3, 1.0, 0.002
        number = sys.modules["_thread"].get_native_id

        def runs(thread):
            try:
                with open("/proc/self/task/%d/stat" % thread, "rb") as file:
                    return file.read().rpartition(b")")[2].split()[0] == b"R"
            except (OSError, IndexError):
                return False

        def wait(begun, thread):
            with guard[0]:
                if held[2] > budget:
                    return
                if not held[0]:
                    held[1] = monotonic()
                held[0] += 1
            while True:
                now = monotonic()
                if now - begun > most or slumber[0] > begun or now - handed[0] > pause and not runs(thread):
                    break
                real_sleep(look)
            with guard[0]:
                held[0] -= 1
                held[3] = monotonic() + 0.01
                if not held[0]:
                    held[2] += monotonic() - held[1]

        def later(work):
            begun, thread = monotonic(), number()
            handed[0] = begun

            def run(*args, **kwargs):
                wait(begun, thread)
                return work(*args, **kwargs)

            return run

        def patch_threads(module):
            real = module.Thread.start

            def start(self):
                run = later(self.run)

                def once():
                    self.__dict__.pop("run", None)
                    run()

                if "run" not in self.__dict__:
                    self.run = once
                real(self)

            module.Thread.start = start

        def patch_pool(kind, name):
            real = getattr(kind, name)

            def hand(self, *args, **kwargs):
                if args and callable(args[0]):
                    args = (later(args[0]), *args[1:])
                return real(self, *args, **kwargs)

            hand.__name__ = hand.__qualname__ = name
            setattr(kind, name, hand)

        late_ones = {
            "threading": patch_threads,
            "concurrent.futures.thread": lambda module: patch_pool(module.ThreadPoolExecutor, "submit"),
            "multiprocessing.pool": lambda module: patch_pool(module.ThreadPool, "apply_async"),
        }
        for name, patch in late_ones.items():
            patches[name] = patch
            if name in sys.modules:
                patch(sys.modules[name])

    os.register_at_fork(after_in_child=after_fork)

    # A program that is recorded waits for servers that exist.
    real_time = os.environ.pop("PERFMOD_REAL_TIME", "")

    def counts(seconds):
        return not real_time and isinstance(seconds, (int, float)) and 0 < seconds < 1e9

    def sleep(seconds, /):
        if not counts(seconds):
            return real_sleep(seconds)
        woken = allocate_lock()
        woken.acquire()

        def wake():
            if woken.locked():
                woken.release()

        entry = enter(seconds, wake)
        try:
            while True:
                wait = left(entry)
                if wait is None:
                    if not woken.acquire(timeout=stall[0]):
                        pass_by()
                    continue
                if wait:
                    real_sleep(wait)
                if end(entry):
                    return
        finally:
            drop(entry)

    def shifted(real, unit):
        def clock():
            if shift[0] and frame(1).f_globals.get("__name__", "").partition(".")[0] not in real_clock_for:
                return real() + (shift[0] if unit is None else int(shift[0] * unit))
            return real()

        clock.__name__ = clock.__qualname__ = real.__name__
        return clock

    def of_now(real, at, form):
        """A function that takes the moment as its argument number `at`, and means now where there is none."""

        def told(*args):
            if shift[0] and (len(args) <= at or form is float and args[at] is None):
                args = (*args[:at], form(time.time()))
            return real(*args)

        told.__name__ = told.__qualname__ = real.__name__
        return told

    time.sleep = sleep
    for name, at, form in (("strftime", 1, time.localtime), ("asctime", 0, time.localtime), ("ctime", 0, float), ("localtime", 0, float), ("gmtime", 0, float)):
        setattr(time, name, of_now(getattr(time, name), at, form))
    for name in ("time", "monotonic", "perf_counter"):
        setattr(time, name, shifted(getattr(time, name), None))
        setattr(time, name + "_ns", shifted(getattr(time, name + "_ns"), 10**9))

    def patch_asyncio(tasks):
        real = tasks.sleep

        async def sleep(delay, result=None, **kwargs):
            if not counts(delay):
                return await real(delay, result, **kwargs)
            loop = tasks.events.get_running_loop()
            turn = [loop.create_future()]

            def woken():
                if not turn[0].done():
                    turn[0].set_result(None)

            entry = enter(delay, lambda: loop.call_soon_threadsafe(woken))
            try:
                while True:
                    turn[0] = loop.create_future()
                    wait = left(entry)
                    if wait is None:
                        late = loop.call_later(stall[0], woken)
                        began = loop.time()
                        await turn[0]
                        late.cancel()
                        if loop.time() - began >= stall[0] and left(entry) is None:
                            pass_by()
                        continue
                    await real(wait)
                    if end(entry):
                        return result
            finally:
                drop(entry)

        tasks.sleep = sleep

    def patch_datetime(module):
        import gc

        # The type stays what it is: only what it says is moved, in the dictionary behind its read-only one.
        names = gc.get_referents(module.datetime.__dict__)[0]
        delta = module.timedelta

        def moved(real):
            def clock(cls, *args, **kwargs):
                when = real.__get__(None, cls)(*args, **kwargs)
                if shift[0] and frame(1).f_globals.get("__name__", "").partition(".")[0] not in real_clock_for:
                    when += delta(seconds=shift[0])
                return when

            return classmethod(clock)

        for name in ("now", "utcnow"):  # today() asks time.time()
            if type(names) is dict and name in names:
                names[name] = moved(names[name])

    def patch_aiohttp(client):
        real = client.ClientSession.__init__

        def __init__(self, *args, **kwargs):
            kwargs.setdefault("trust_env", True)
            real(self, *args, **kwargs)

        client.ClientSession.__init__ = __init__

    patches = {"asyncio.tasks": patch_asyncio, "aiohttp.client": patch_aiohttp, "datetime": patch_datetime}

    def time_outs(path):
        """Has the time-outs of sockets and event loops come when the answering proxy says so, by a longer file at `path`: it does when the program only waits. The file has grown by more than
        one where nothing came of it the last time."""
        look = 0.02  # seconds between two looks

        def passed():
            try:
                return os.stat(path).st_size
            except OSError:
                return 0

        def advance(seconds):
            with guard[0]:
                shift[0] += seconds
                wake_first()

        def waiting(real, set_timeout, late):
            def wait(self, *args, **kwargs):
                limit = self.gettimeout()
                if not limit:
                    return real(self, *args, **kwargs)
                began, before, rest = monotonic(), passed(), limit
                try:
                    while True:
                        set_timeout(self, min(look, rest))
                        try:
                            return real(self, *args, **kwargs)
                        except late:
                            rest = limit - (monotonic() - began)
                            if rest <= 0:
                                raise
                            if passed() > before:
                                advance(rest)
                                raise
                finally:
                    if self.fileno() >= 0:
                        set_timeout(self, limit)

            wait.__name__ = wait.__qualname__ = real.__name__
            return wait

        def patch_socket(module):
            for name in ("recv", "recv_into"):
                setattr(module.socket, name, waiting(getattr(module.socket, name), module.socket.settimeout, module.timeout))

        def patch_ssl(module):
            module.SSLSocket.read = waiting(module.SSLSocket.read, module.SSLSocket.settimeout, sys.modules["socket"].timeout)

        def patch_loops(module):
            module.MAXIMUM_SELECT_TIMEOUT = look
            jump = [0.0]  # seconds by which the loops' clock is ahead

            def time(self):
                times, before = passed(), getattr(self, "_passed", None)
                if times != before:
                    self._passed = times
                    timers = {timer._when for timer in self._scheduled if not timer._cancelled}
                    # What started anew when time passed in vain is housekeeping (aiohttp's, of idle connections): those that were there already come first.
                    first = timers & getattr(self, "_timers", set()) if before is not None and times - before > 1 else None
                    self._timers = timers
                    rest = min(first or timers) - monotonic() - jump[0] if timers and before is not None else 0
                    if rest > 0:
                        jump[0] += rest
                        advance(rest)
                return monotonic() + jump[0]

            module.BaseEventLoop.time = time

        for name, patch in (("socket", patch_socket), ("ssl", patch_ssl), ("asyncio.base_events", patch_loops)):
            patches[name] = patch
            if name in sys.modules:
                patch(sys.modules[name])

    class Patched(Loader):
        def __init__(self, loader, patch):
            self.loader, self.patch = loader, patch

        def create_module(self, spec):
            return self.loader.create_module(spec)

        def exec_module(self, module):
            self.loader.exec_module(module)
            self.patch(module)

        def __getattr__(self, name):
            return getattr(self.loader, name)

    class Finder(MetaPathFinder):
        def find_spec(self, name, path=None, target=None):
            patch = patches.get(name)
            spec = patch and PathFinder.find_spec(name, path, target)
            if spec and spec.loader:
                spec.loader = Patched(spec.loader, patch)
                return spec
            return None

    sys.meta_path.insert(0, Finder())

    def slept(linger=None, ahead=None, hold=False):
        """Seconds that the program slept so far, side by side counted once. From here on sleeps take up to `linger` real seconds, so that those that would overlap do, clocks are `ahead`, and
        threads begin late where they are to `hold`."""
        if linger:
            tick[:], stall[0] = [linger, linger], 3 * linger
        if ahead:
            shift[0] += ahead
        if hold:
            late()
        return total[0]

    return time_outs, slept


def _go_on():
    """Runs the start-up module that this one stands in front of."""
    import os
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec and spec.loader:
        module = module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


def _beside(name):
    """The names that a file beside this one defines. It is no module of the program's."""
    import os

    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py")
    names = {"__name__": "perfmod " + name}
    with open(path, "rb") as file:
        exec(compile(file.read(), path, "exec", dont_inherit=True), names)
    return names


def _fork():
    """Makes ready what `python -c` calls: see the file that is loaded here."""
    names, observe = _beside("forker"), _beside("observe")["observe"]

    def start():
        del sys._perfmod
        names["play"](*names["serve"](_redirect, lambda folder, copy: observe(folder, copy, _slept), PROJECT, _time_outs))

    sys._perfmod = start


_time_outs, _slept = _install()
if FORKER:
    _go_on()
    _fork()
else:
    _redirect(COPY)
    if "PERFMOD_TIME_OUTS" in sys.modules["os"].environ:
        _time_outs(sys.modules["os"].environ["PERFMOD_TIME_OUTS"])
    if OBSERVED:
        _beside("observe")["observe"](OBSERVED, COPY, _slept)
    _go_on()
