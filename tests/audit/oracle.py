"""Runs programs and compares them: `oracle.py WORK RUNTIME < jobs > verdicts`, a JSON object a line.

A job is `{"id": "00012", "twin": "naive" | "rewritten", "extra": bool}`; WORK/original/00012 and WORK/<twin>/00012 are the
folders of the two programs. The twin is run in a process of its own for each order of completion: all orders of the
original's requests where there are at most four, else a dozen of them; then with each of the original's requests failing,
in order and in reverse. Its calls go to clients that do not answer before the program has come to rest, and then one
at a time, in the order that the schedule says. The first difference is the verdict.
"""

import asyncio
import atexit
import collections
import csv
import dataclasses
import functools
import gc
import heapq
import importlib
import io
import itertools
import json
import operator
import os
import random
import shutil
import signal
import sys
import types

import frames
from clients import stubs
from schedule import GIVES_IN, Schedule, denser
from state import globals_of, told

SECONDS = 20  # for one run; nothing here takes a tenth of one


@functools.lru_cache(maxsize=4)
def program_of(folder):
    """The program, compiled in front of the forks."""
    with open(f"{folder}/main.py", encoding="utf-8") as text:
        return compile(text.read(), "main.py", "exec")


def child(folder, runtime, order, fails, times, place, names):
    """One run, in a process of its own: what can be seen of it, and of its variables those with these names."""
    os.makedirs(place, exist_ok=True)
    os.chdir(place)
    for name in os.listdir(folder):
        if os.path.isfile(f"{folder}/{name}") and not name.endswith(".py") and not os.path.exists(name):
            shutil.copy(f"{folder}/{name}", name)
    schedule = Schedule(order, fails, times, says(folder, "# Its server has a limit."))
    sys.modules.update(stubs(schedule), pandas=frames)
    frames.VIEWS = says(folder, "# Its rows are views.")
    runtime.__file__ = f"{place}/perfmod_runtime.py"
    sys.path[:0] = [folder]
    sys.argv = ["main.py"]
    schedule.take_over()
    random.seed(0)
    sys.setswitchinterval(0.0001)
    main = types.ModuleType("__main__")
    main.__file__ = f"{place}/main.py"
    sys.modules["__main__"] = main
    out, end = io.StringIO(), "ran to its end"
    sys.stdout, sys.stderr = out, io.StringIO()
    try:
        exec(program_of(folder), main.__dict__)
    except SystemExit as error:
        end = f"exit {error.code!r}"
    except BaseException as error:
        cause = type(error.__cause__).__name__ if error.__cause__ else None
        end = f"{type(error).__name__}{error.args!r} from {cause}"
    schedule.stop()
    requests, times = list(schedule.asked), list(schedule.begun)
    seen = {"end": end, "globals": globals_of(main, folder, names)}
    # Whether a file that nobody closed is written is luck where a failure holds its frame, as tasks always do.
    if order is None or "asyncio" in program_of(folder).co_names:
        for file in gc.get_objects():
            if issubclass(type(file), io.TextIOWrapper) and not file.closed:
                file.flush()
    atexit._run_exitfuncs()
    main.__dict__.clear()  # closes the files that nobody closed, as the end of a program does
    gc.collect()
    seen["stdout"] = out.getvalue()
    seen["files"] = {}
    for at, folders, names in os.walk("."):
        folders[:] = [name for name in folders if name not in (".perfmod", "__pycache__")]
        for name in names:
            if not name.endswith(".py"):
                with open(f"{at}/{name}", encoding="utf-8", errors="replace") as file:
                    seen["files"][f"{at}/{name}"] = file.read()
    seen["requests"], seen["times"] = requests, times
    return seen


def run(folder, runtime, order=None, fails=None, times=GIVES_IN, names=None, again=False):
    """What a run shows; with `again` what the next one shows, in the same place, where no call fails."""
    place = f"{os.environ.get('PERFMOD_AUDIT_RUNS', '/dev/shm' if os.path.isdir('/dev/shm') else '/tmp')}/perfmod-audit-{os.getpid()}"
    program_of(folder)
    shutil.rmtree(place, ignore_errors=True)  # of an oracle that was killed, and had this number
    try:
        if again:
            fork(folder, runtime, order, fails, times, place, names)
            order = fails = None
        return fork(folder, runtime, order, fails, times, place, names)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def fork(folder, runtime, order, fails, times, place, names):
    read, write = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(read)
        status = 1
        signal.alarm(SECONDS)
        try:
            seen = child(folder, runtime, order, fails, times, place, names)
            data = json.dumps(seen, default=repr).encode()
            while data:
                data = data[os.write(write, data):]
            status = 0
        except BaseException as error:
            os.write(2, f"{folder}: {error!r}\n".encode())
        finally:
            os._exit(status)
    os.close(write)
    with open(read, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(process, 0)
    return json.loads(data) if status == 0 and data else {"end": f"did not end ({status})", "globals": {}, "stdout": "", "files": {}, "requests": [], "times": []}


def difference(original, twin, allowed, fewer=False):
    """The first thing in which two runs differ; `allowed` are requests that may be extra, and with `fewer` some may be missing."""
    for part in ("end", "stdout", "files"):
        if original[part] != twin[part]:
            return f"{part}: {told(original[part], twin[part])}"
    left = list(twin["requests"])
    for key in original["requests"]:
        if key not in left and fewer:
            continue
        if key not in left:
            return f"requests: missing {key}"
        left.remove(key)
    spare = left if allowed is True else list(allowed)
    for key in original["requests"] if spare is not left else ():
        if key in spare:
            spare.remove(key)
    for key in list(left):
        if key not in spare:
            return f"requests: extra {key}"
        spare.remove(key)
    for name, value in original["globals"].items():
        if name in twin["globals"] and twin["globals"][name] != value:
            return f"variable {name}: {told(value, twin['globals'][name])}"
    return None


@functools.lru_cache(maxsize=4)
def says(folder, words):
    """What the generator says of a program."""
    with open(f"{folder}/main.py", encoding="utf-8") as text:
        return words in text.read().splitlines()


@functools.lru_cache(maxsize=4)
def work_names(folder):
    """The variables of statements that may become a function: whatever reads one of them shows what it holds."""
    with open(f"{folder}/main.py", encoding="utf-8") as text:
        last = text.read().splitlines()[-1]
    return last.partition("# The work sets: ")[2].split()


def orders_of(requests):
    distinct = list(dict.fromkeys(requests))
    if len(distinct) <= 4:
        return [list(order) for order in itertools.permutations(distinct)][::-1]  # the reverse shows most
    draw = random.Random(len(distinct))
    others = [draw.sample(distinct, len(distinct)) for _ in range(8)]
    return [distinct[::-1], distinct, distinct[1:] + distinct[:1], distinct[-1:] + distinct[:-1], *others]


def judge(work, runtime, job):
    """Whether the twin agrees with the original, and where not."""
    original, twin = f"{work}/original/{job['id']}", f"{work}/{job['twin']}/{job['id']}"
    base, again = run(original, runtime), run(original, runtime)
    if base != again:
        return {"verdict": "unstable", "why": difference(base, again, []) or "variables"}
    if not base["requests"]:
        return {"verdict": "idle", "why": base["end"]}
    # One that starts its calls at once itself may put out lines in the order in which they end: there is no one right order.
    if not {"asyncio", "ThreadPoolExecutor"}.isdisjoint(program_of(original).co_names):
        distinct = list(dict.fromkeys(base["requests"]))
        for order in (distinct[::-1], distinct):
            if (found := difference(base, run(original, runtime, order), [])):
                return {"verdict": "unstable", "why": found}
    # A program that fails by itself does so at one of its items, and the calls of later ones may be under way by then.
    extra = job.get("extra", False) or base["end"] != "ran to its end" and not base["end"].startswith("exit")
    runs, names = 0, [name for name in base["globals"] if name not in work_names(original)]
    if len(names) < len(base["globals"]):
        base = run(original, runtime, names=names)  # what shares an object has the name of the first, of those that count
    # Calls of one item follow one another as fast as they are answered: what is compared then is a run that answers at once.
    is_single = says(original, "# It keeps a pace, with one call for each item.")
    is_paced = is_single or says(original, "# It keeps a pace.")
    # Whether one request is made twice, be it by a call that only the rewritten program makes.
    repeats = len(set(base["requests"])) < len(base["requests"])
    for order in [None] * is_paced + orders_of(base["requests"]):
        runs += 1
        seen = run(twin, runtime, order, names=names)
        repeats = repeats or len(set(seen["requests"])) < len(seen["requests"])
        found = difference(base, seen, True if extra else [])
        is_same = sorted(base["requests"]) == sorted(seen["requests"])
        if not found and is_paced and is_same and (order is None or is_single):
            found = denser(base["times"], seen["times"], is_single)
        if found:
            return {"verdict": "differs", "why": found, "order": order, "runs": runs, "requests": len(base["requests"])}
    distinct = list(dict.fromkeys(base["requests"]))
    failures = list(itertools.product(distinct[:4], (GIVES_IN, 1)))
    if says(original, "# It tries again."):
        failures += [("*", 1), ("*", 2), *((key, 2) for key in distinct[:2])]
    if says(original, "# Wanted: absorb"):
        # How often it is tried is the runtime's to say: what it outlasts is what the program does.
        failures = [(fails, times) for fails, times in failures if times < GIVES_IN]
    for fails, times in failures:
        if times < GIVES_IN and repeats:
            continue  # which of two equal requests comes first is not said
        failed = run(original, runtime, None, fails, times, names)
        if fails == "*" and not set(failed["requests"]) <= set(distinct):
            continue  # what is asked behind a failure, several items may ask: the same
        # Each item that asks for what fails may have asked as often as the first one did.
        again = [fails] * (base["requests"].count(fails) * failed["requests"].count(fails))
        allowed = base["requests"] + failed["requests"] + again
        if fails == "*":
            allowed = failed["requests"] if failed["end"] == "ran to its end" else True
        for order in (distinct[::-1], distinct):
            runs += 1
            seen = run(twin, runtime, order, fails, times, names)
            if (found := difference(failed, seen, True if extra else allowed)):
                return {"verdict": "differs", "why": found, "order": order, "fails": fails, "times": times, "runs": runs, "requests": len(base["requests"])}
    # A second run, behind one that was finished or that failed: what was kept takes the place of calls, and nothing else changes.
    if job["twin"] == "rewritten" and (says(original, "# Wanted: checkpoint") or int(job["id"]) % 8 == 0):
        for fails in [None, *(distinct[:4] if not says(original, "# Wanted: absorb") else ())]:
            runs += 1
            first = run(original, runtime, None, fails, GIVES_IN, names, again=True)
            seen = run(twin, runtime, distinct[::-1], fails, GIVES_IN, names, again=True)
            if (found := difference(first, seen, True if extra else base["requests"], fewer=True)):
                return {"verdict": "differs", "why": f"again: {found}", "fails": fails, "again": True, "runs": runs, "requests": len(base["requests"])}
    return {"verdict": "agrees", "runs": runs, "requests": len(base["requests"])}


def main(work, runtime_path):
    os.environ["PERFMOD_QUIET"] = "1"
    # Imported before the forks and never used here: each run finds it as a process that has just started does.
    sys.path.insert(0, os.path.dirname(runtime_path))
    runtime = importlib.import_module("perfmod_runtime")
    gc.freeze()
    for line in sys.stdin:
        job = json.loads(line)
        print(json.dumps({**job, **judge(work, runtime, job)}), flush=True)


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *sys.argv])
    main(sys.argv[1], sys.argv[2])
