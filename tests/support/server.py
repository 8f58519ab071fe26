"""A loopback API server for tests: standard library only, HTTP/1.1 with keep-alive, hundreds of connections.

    python tests/support/server.py [--port 0] [--latency MS] [--jitter MS] [--seed N] ...

It prints its port on the first line of stdout and serves until its stdin closes or it is killed.

    POST /v1/chat/completions    an answer in OpenAI's schema, derived from the last user message alone
    POST /v1/completions         the same for `prompt`
    POST /v1/embeddings          eight numbers per input, derived from the input
    GET  /json/<name>            {"name": <name>, "value": <a number derived from it>}
    GET  /stats                  what was seen since the last reset (below)
    POST /control                sets any of the options from a JSON object; {"reset": true} forgets the counts

Options, as flags (--latency 20) or in /control ({"latency": 20}):

    latency      milliseconds before every answer
    jitter       up to so many more, seeded by `seed` and the request's content: scrambles the completion order
    hold         answers wait until so many requests have been in flight at once since the reset (20 s at most)
    seed         of jitter and of the choice for `limit_share`
    sample       true: answers end in a running number, so that two draws of one request differ
    limit_share  0..1: this share of the requests gets a 429 first (each distinct body once)
    rps          more requests than this within one second get a 429
    retry_after  value of the Retry-After header of a 429; null leaves the header out
    quota        true: a 429 says `insufficient_quota`
    fail         {"<part of the last user message>": [status, times]}: so many failures first; times -1 = always
    should_retry value of an x-should-retry header on every failure
    headers      further headers of every failure
    finish       finish_reason of completions ("stop")
    content      fixed content of completions; "" and null are sent as they are
    close        true: the connection is cut instead of an answer

/stats: {"total", "by_path", "by_status", "max_in_flight", "in_flight", "connections", "bodies": {hash: count},
"retry_headers": [...], "keys": [...]}. A hash is the first 16 hex digits of the SHA-256 of the canonical body.
"""
from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import sys
from collections import Counter, deque
from typing import Any

DEFAULTS: dict[str, Any] = {
    "latency": 0.0, "jitter": 0.0, "hold": 0, "seed": 0, "sample": False, "limit_share": 0.0, "rps": 0.0,
    "retry_after": "0.05", "quota": False, "fail": {}, "should_retry": None, "headers": {}, "finish": "stop", "content": False,
    "close": False,
}
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 408: "Request Timeout",
           409: "Conflict", 429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}


def canonical_hash(body: Any) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def number_of(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:6], 16)


def last_user_message(body: dict[str, Any]) -> str:
    if "messages" in body:
        said = [m.get("content") for m in body["messages"] if m.get("role") == "user"]
        return said[-1] if said and isinstance(said[-1], str) else json.dumps(said[-1:])
    prompt = body.get("prompt", body.get("input", ""))
    return prompt if isinstance(prompt, str) else json.dumps(prompt)


class Server:
    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = {**DEFAULTS, **settings}
        self.reset()

    def reset(self) -> None:
        self.by_path: Counter[str] = Counter()
        self.by_status: Counter[int] = Counter()
        self.bodies: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.limited: set[str] = set()
        self.recent: deque[float] = deque()
        self.retry_headers: list[str] = []
        self.keys: set[str] = set()
        self.connections = self.in_flight = self.max_in_flight = self.drawn = 0

    def stats(self) -> dict[str, Any]:
        return {"total": sum(self.by_path.values()), "by_path": self.by_path, "by_status": self.by_status,
                "max_in_flight": self.max_in_flight, "in_flight": self.in_flight, "connections": self.connections,
                "bodies": self.bodies, "retry_headers": self.retry_headers, "keys": sorted(self.keys)}

    # -- one connection

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                request, *lines = head.split("\r\n")
                method, target, _ = request.split(" ", 2)
                headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines if line)}
                raw = await self.read_body(reader, headers)
                status, answer, extra = await self.handle(method, target.partition("?")[0], headers, raw)
                if status == 0:
                    return
                data = json.dumps(answer).encode()
                fields = {"Content-Type": "application/json", "Content-Length": str(len(data)),
                          "x-request-id": f"req_{sum(self.by_path.values())}", **extra}
                top = f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}\r\n"
                writer.write((top + "".join(f"{k}: {v}\r\n" for k, v in fields.items()) + "\r\n").encode() + data)
                await writer.drain()
                if headers.get("connection", "").lower() == "close":
                    return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away
        finally:
            writer.close()

    @staticmethod
    async def read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return await reader.readexactly(int(headers.get("content-length", "0")))
        raw = b""
        while size := int((await reader.readline()).strip(), 16):
            raw += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return raw

    # -- one request

    async def handle(self, method: str, path: str, headers: dict[str, str],
                     raw: bytes) -> tuple[int, Any, dict[str, str]]:
        if path == "/stats":
            return 200, self.stats(), {}
        body = json.loads(raw) if raw else {}
        if path == "/control":
            if body.pop("reset", False):
                self.reset()
            unknown = set(body) - set(DEFAULTS)
            if unknown:
                return 400, {"error": {"message": f"unknown settings: {sorted(unknown)}"}}, {}
            self.settings.update(body)
            return 200, self.settings, {}
        digest = canonical_hash(body if raw else path)
        self.by_path[path] += 1
        self.bodies[digest] += 1
        self.keys.add(headers.get("authorization", ""))
        if "x-stainless-retry-count" in headers:
            self.retry_headers.append(headers["x-stainless-retry-count"])
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            failure = self.failure(body, digest)
            wait = float(self.settings["latency"])
            if self.settings["jitter"]:
                chance = random.Random(f"{self.settings['seed']} {digest} {self.bodies[digest]}")
                wait += chance.random() * float(self.settings["jitter"])
            if failure is None:
                await self.held()
                if wait:
                    await asyncio.sleep(wait / 1000)
            status, answer, extra = failure or (*self.answer(path, body), {})
            self.by_status[status] += 1
            return status, answer, extra
        finally:
            self.in_flight -= 1

    async def held(self) -> None:
        for _ in range(2000):
            if self.max_in_flight >= self.settings["hold"]:
                return
            await asyncio.sleep(0.01)

    def failure(self, body: dict[str, Any], digest: str) -> tuple[int, Any, dict[str, str]] | None:
        now = self.settings
        told = dict(now["headers"])
        if now["should_retry"] is not None:
            told["x-should-retry"] = now["should_retry"]
        if now["close"]:
            return 0, None, {}
        for part, (status, times) in now["fail"].items():
            if part in last_user_message(body) and (times < 0 or self.failures[part + digest] < times):
                self.failures[part + digest] += 1
                return status, {"error": {"message": f"told to fail with {status}", "type": "test", "param": None,
                                          "code": None}}, told
        clock = asyncio.get_running_loop().time()
        while self.recent and self.recent[0] < clock - 1:
            self.recent.popleft()
        chosen = random.Random(f"{now['seed']} limit {digest}").random() < now["limit_share"]
        if (chosen and digest not in self.limited) or (now["rps"] and len(self.recent) >= now["rps"]):
            self.limited.add(digest)
            if now["retry_after"] is not None:
                told["Retry-After"] = str(now["retry_after"])
            code = "insufficient_quota" if now["quota"] else "rate_limit_exceeded"
            return 429, {"error": {"message": "slow down", "type": code, "param": None, "code": code}}, told
        self.recent.append(clock)
        return None

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if path.startswith("/json/"):
            return 200, {"name": path[6:], "value": number_of(path[6:])}
        if path == "/v1/embeddings":
            inputs = body["input"] if isinstance(body["input"], list) else [body["input"]]
            data = [{"object": "embedding", "index": place,
                     "embedding": [number_of(f"{text}{axis}") / 2**24 for axis in range(8)]}
                    for place, text in enumerate(inputs)]
            return 200, {"object": "list", "data": data, "model": body["model"],
                         "usage": {"prompt_tokens": len(inputs), "total_tokens": len(inputs)}}
        asked = last_user_message(body)
        content = self.settings["content"]
        if content is False:
            self.drawn += 1
            content = f"answer {number_of(asked)} to {asked}" + (f" #{self.drawn}" if self.settings["sample"] else "")
        common = {"id": f"cmpl-{number_of(asked)}", "created": 1700000000, "model": body.get("model", "test"),
                  "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}}
        if path == "/v1/completions":
            choice: dict[str, Any] = {"index": 0, "text": content, "logprobs": None}
            kind = "text_completion"
        elif path.endswith("/chat/completions"):
            choice = {"index": 0, "message": {"role": "assistant", "content": content}, "logprobs": None}
            kind = "chat.completion"
        else:
            return 404, {"error": {"message": f"no {path} here", "type": "invalid_request_error", "param": None,
                                   "code": None}}
        choices = [{**choice, "index": place, "finish_reason": self.settings["finish"]}
                   for place in range(body.get("n") or 1)]
        return 200, {**common, "object": kind, "choices": choices}


async def main(port: int, settings: dict[str, Any]) -> None:
    server = await asyncio.start_server(Server(settings).serve, "127.0.0.1", port, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until the tests go away


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="loopback API server for tests; see the module's docstring")
    parser.add_argument("--port", type=int, default=0)
    for name, default in DEFAULTS.items():
        read = json.loads if default is None or isinstance(default, (bool, dict)) else type(default)
        parser.add_argument("--" + name.replace("_", "-"), type=read, default=default)
    options = vars(parser.parse_args())
    try:
        asyncio.run(main(options.pop("port"), options))
    except KeyboardInterrupt:
        pass
