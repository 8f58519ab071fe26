"""What it costs to load a cache of 100,000 answers of about 1 KB and to look all of them up, by perfmod's runtime and by
latteries, each in a process of its own.

    python replay.py write DIR | perfmod DIR | latteries DIR
"""
from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import os
import pathlib
import resource
import sys
import time
from typing import Any

COUNT = 100_000
RUNTIME = pathlib.Path(__file__).resolve().parents[2] / "transforms" / "runtime"
sys.path.insert(0, str(RUNTIME))
way, folder = sys.argv[1], pathlib.Path(sys.argv[2])


def answer(number: int) -> dict[str, Any]:
    text = " ".join(hashlib.sha256(f"{number} {part}".encode()).hexdigest() for part in range(10))
    return {"id": f"chatcmpl-{number}", "created": 1700000000 + number, "model": "m", "system_fingerprint": None,
            "choices": [{"index": 0, "finish_reason": "stop", "logprobs": None,
                         "message": {"role": "assistant", "content": text, "refusal": None}}],
            "usage": {"prompt_tokens": 120, "completion_tokens": 200, "total_tokens": 320}}


def keys() -> list[str]:
    return [hashlib.blake2b(str(number).encode(), digest_size=16).hexdigest() for number in range(COUNT)]


def memory() -> float:
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def write() -> None:
    with open(folder / "perfmod.jsonl", "w") as ours, open(folder / "latteries.jsonl", "w") as theirs:
        for number, key in enumerate(keys()):
            text = json.dumps(answer(number), separators=(",", ":"))
            ours.write('{"key":"' + key + '","response":{"data":' + text + "}}\n")
            theirs.write(json.dumps({"key": key, "response": text}, separators=(",", ":")) + "\n")


def measure(load: Any, look_up: Any) -> None:
    names, before = keys(), memory()
    began = time.process_time()
    store = load()
    loaded = time.process_time()
    used = memory() - before
    again = time.process_time()
    for number, key in enumerate(names):
        found = look_up(store, key)
        assert found["created"] == 1700000000 + number and isinstance(found["choices"], list)
    ended = time.process_time()
    print(json.dumps({"load": loaded - began, "whole": loaded - began + ended - again, "memory": used,
                      "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if way == "write":
    write()
elif way == "perfmod":
    import perfmod_runtime

    if "--without-orjson" in sys.argv:
        perfmod_runtime._orjson = None
    measure(lambda: perfmod_runtime._Store(folder / "perfmod.jsonl"), lambda store, key: store.get(key))
else:
    from latteries.caller import APIRequestCache, OpenaiResponse

    def theirs() -> Any:
        cache = APIRequestCache(folder / "latteries.jsonl", OpenaiResponse)
        sys.stdout, out = sys.stderr, sys.stdout
        asyncio.run(cache.load_cache())
        sys.stdout = out
        return cache

    measure(theirs, lambda cache, key: cache.response_type.model_validate_json(cache.data[key]).model_dump())
