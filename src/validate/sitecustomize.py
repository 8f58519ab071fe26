"""Start-up hook of a validation run: sleeps cost little, and aiohttp uses the proxy as other clients do.

Sleeps end early, and the clocks that the program reads move forward by as much (those of `time`; `datetime` reads the real one). Libraries that time the network keep the
real clock, so that nobody's timeout fires because somebody else slept.
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
    import time
    from importlib.abc import Loader, MetaPathFinder
    from importlib.machinery import PathFinder

    longest = 0.005
    real_clock_for = frozenset(
        "asyncio threading queue concurrent selectors socket ssl http urllib urllib3 requests httpx httpx2 httpcore httpcore2 anyio "
        "sniffio trio aiohttp aiosignal async_timeout openai anthropic multiprocessing subprocess uvloop h11 h2".split()
    )
    real_sleep, frame = time.sleep, sys._getframe
    monotonic = time.monotonic
    shift = [0.0]  # seconds by which the program's clocks are ahead

    def catch_up(start, seconds):
        # Sleepers side by side move the clock once, as they would have in real time.
        behind = start + seconds - (monotonic() + shift[0])
        if behind > 0:
            shift[0] += behind

    def sleep(seconds, /):
        if not isinstance(seconds, (int, float)) or not seconds > longest:
            return real_sleep(seconds)
        start = monotonic() + shift[0]
        real_sleep(longest)
        catch_up(start, seconds)

    def shifted(real, unit):
        def clock():
            if shift[0] and frame(1).f_globals.get("__name__", "").partition(".")[0] not in real_clock_for:
                return real() + (shift[0] if unit is None else int(shift[0] * unit))
            return real()

        clock.__name__ = clock.__qualname__ = real.__name__
        return clock

    time.sleep = sleep
    for name in ("time", "monotonic", "perf_counter"):
        setattr(time, name, shifted(getattr(time, name), None))
        setattr(time, name + "_ns", shifted(getattr(time, name + "_ns"), 10**9))

    def patch_asyncio(tasks):
        real = tasks.sleep

        async def sleep(delay, *args, **kwargs):
            if not delay > 0.05:
                return await real(delay, *args, **kwargs)
            start = monotonic() + shift[0]
            result = await real(longest, *args, **kwargs)
            catch_up(start, delay)
            return result

        tasks.sleep = sleep

    def patch_aiohttp(client):
        real = client.ClientSession.__init__

        def __init__(self, *args, **kwargs):
            kwargs.setdefault("trust_env", True)
            real(self, *args, **kwargs)

        client.ClientSession.__init__ = __init__

    patches = {"asyncio.tasks": patch_asyncio, "aiohttp.client": patch_aiohttp}

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


def _observe(folder):
    """Leaves behind, in the process that runs the program and at its end, what cannot be seen from outside."""
    import atexit
    import os

    try:
        # Only the first process is the program; those that it starts load this hook too.
        os.close(os.open(os.path.join(folder, "process"), os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except OSError:
        return
    process = os.getpid()

    def leave():
        if os.getpid() == process:
            with open(os.path.join(folder, "loaded"), "w", encoding="utf-8", errors="replace") as file:
                file.write("\n".join(name for name in list(sys.modules) if isinstance(name, str)))

    atexit.register(leave)


def _fork():
    """Makes ready what `python -c` calls: see the file that is loaded here."""
    import os

    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "forker.py")
    names = {"__name__": "perfmod forker"}
    with open(path, "rb") as file:
        exec(compile(file.read(), path, "exec", dont_inherit=True), names)

    def start():
        del sys._perfmod
        names["play"](*names["serve"](_redirect, _observe, PROJECT))

    sys._perfmod = start


_install()
if FORKER:
    _go_on()
    _fork()
else:
    _redirect(COPY)
    if OBSERVED:
        _observe(OBSERVED)
    _go_on()
